//! Every operation of the table, by every role, in every state of the cluster, over both channels.

use crate::harness::*;
use ferrohsm_protocol::messages::{ClusterState, ErrorDetail, Role};
use ferrohsm_protocol::operations::{Channel, OPERATIONS, OperationRow};
use ferrohsm_protocol::{Operation, Status, hello};
use hsm_server::policy::Mode;
use prost::Message;

/// Statuses that say "you may not".
const REFUSALS: [Status; 4] = [
    Status::LocalOnly,
    Status::WrongClusterState,
    Status::NotLoggedIn,
    Status::PermissionDenied,
];

fn expected(
    row: &OperationRow,
    state: ClusterState,
    role: Option<Role>,
    tls: bool,
) -> Option<Status> {
    if tls && row.channel == Channel::Local {
        return Some(Status::LocalOnly);
    }
    if !row.allows_state(state) {
        return Some(Status::WrongClusterState);
    }
    match (row.allows_role(role), role) {
        (true, _) => None,
        (false, None) => Some(Status::NotLoggedIn),
        (false, Some(_)) => Some(Status::PermissionDenied),
    }
}

/// Calls every operation with an empty body (Hello with its own), Logout last: it would end the login.
fn check(connection: &mut Connection, state: ClusterState, role: Option<Role>, tls: bool) -> usize {
    let (logout, others): (Vec<&OperationRow>, Vec<&OperationRow>) = OPERATIONS
        .iter()
        .partition(|row| row.operation == Operation::Logout);
    let mut checked = 0;
    for row in others.into_iter().chain(logout) {
        let request = match row.operation {
            // A Hello without versions ends the connection.
            Operation::Hello => hello::request("tests").encode_to_vec(),
            _ => Vec::new(),
        };
        let (header, body) = connection.exchange(row.operation.code(), &request).unwrap();
        let status = Status::from_code(header.status).unwrap();
        let context = format!(
            "{} by {role:?} in {state:?}, TLS: {tls}: {status}",
            row.name
        );
        match expected(row, state, role, tls) {
            Some(expected) => {
                assert_eq!(status, expected, "{context}");
                assert!(
                    !ErrorDetail::decode(body.as_slice())
                        .unwrap()
                        .message
                        .is_empty()
                );
            }
            None => assert!(!REFUSALS.contains(&status), "{context}"),
        }
        checked += 1;
    }
    checked
}

#[test]
fn every_operation_role_and_state() {
    let mut checked = 0;
    for (test, state) in [
        (TestHsm::new(Mode::Fips), ClusterState::Uninitialized),
        (TestHsm::initialized(Mode::Fips), ClusterState::Initialized),
    ] {
        let revision = test.hsm.revision();
        checked += check(&mut test.connect(), state, None, false);
        assert_eq!(test.hsm.cluster.state(), state);
        assert_eq!(test.hsm.revision(), revision, "something was stored");
        assert!(
            test.address.is_none(),
            "TLS is served before the first anchor"
        );
    }
    let test = TestHsm::active(Mode::Fips);
    let logins = [None].into_iter().chain(USERS.into_iter().map(Some));
    for login in logins {
        for tls in [false, true] {
            let mut connection = match tls {
                false => test.connect_raw(),
                true => test.connect_tls(Some(&test.identity())).unwrap(),
            };
            connection.hello();
            if let Some((user, _)) = login {
                connection.log_in(user);
            }
            let role = login.map(|(_, role)| role);
            checked += check(&mut connection, ClusterState::Active, role, tls);
        }
    }
    assert_eq!(checked, OPERATIONS.len() * (2 + 5 * 2));
    println!("{checked} combinations checked");
}

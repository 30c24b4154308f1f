//! Managing users.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use crate::session::{Caller, LoginId};
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{
    ChangePasswordRequest, ChangePasswordResponse, CreateUserRequest, CreateUserResponse,
    DeleteUserRequest, DeleteUserResponse, ListUsersRequest, ListUsersResponse, Role,
    UnlockUserRequest, UnlockUserResponse,
};
use std::sync::Arc;
use zeroize::Zeroizing;

/// CreateUser.
pub fn handle_create_user(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: CreateUserRequest,
) -> Result<CreateUserResponse, OpError> {
    let role = request.role();
    let password = Zeroizing::new(request.password);
    let now = hsm.clock.now_unix_ms();
    let reply = |user| CreateUserResponse { user: Some(user) };
    let user = hsm
        .users
        .create(&request.name, role, &password, now, |user, transaction| {
            change.commit(hsm, transaction, &reply(user.clone()))
        })?;
    tracing::info!(user = user.name, role = role.as_str_name(), "user created");
    Ok(reply(user))
}

/// DeleteUser: its logins end with it.
pub fn handle_delete_user(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: DeleteUserRequest,
) -> Result<DeleteUserResponse, OpError> {
    let response = DeleteUserResponse {};
    let owns_keys = |user| hsm.keys.owns_token_keys(user);
    let ended = {
        // The user's logins end before any of them can make a key that nobody would own.
        let _no_new_keys = hsm.keys.hold_new_token_keys();
        let user = hsm.users.delete(&request.name, owns_keys, &|transaction| {
            change.commit(hsm, transaction, &response)
        })?;
        hsm.logins.end_user(user)
    };
    delete_session_keys(hsm, &ended);
    tracing::info!(user = request.name, "user deleted");
    Ok(response)
}

/// ListUsers: everyone may see who there is, only a crypto officer how often they failed to log in.
pub fn handle_list_users(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    _request: ListUsersRequest,
) -> Result<ListUsersResponse, OpError> {
    let mut users = hsm.users.list()?;
    if caller.login()?.role != Role::CryptoOfficer {
        for user in &mut users {
            user.failed_logins = 0;
        }
    }
    Ok(ListUsersResponse { users })
}

/// ChangePassword: one's own with the old one; a crypto officer anyone else's. All logins of that user end.
pub fn handle_change_password(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: ChangePasswordRequest,
) -> Result<ChangePasswordResponse, OpError> {
    let login = change.caller.login()?;
    let new_password = Zeroizing::new(request.new_password);
    let old_password = Zeroizing::new(request.old_password);
    if login.user.eq_ignore_ascii_case(&request.name) {
        let now = hsm.clock.now_unix_ms();
        hsm.users.check_password(
            &login.user,
            &old_password,
            now,
            |_, transaction| Ok((transaction, ())),
            Ok,
        )?;
    } else if login.role != Role::CryptoOfficer {
        return Err(OpError::new(
            Status::PermissionDenied,
            "only a crypto officer changes another user's password",
        ));
    }
    let response = ChangePasswordResponse {};
    let user = hsm
        .users
        .set_password(&request.name, &new_password, &|transaction| {
            change.commit(hsm, transaction, &response)
        })?;
    delete_session_keys(hsm, &hsm.logins.end_user(user));
    tracing::info!(user = request.name, "password changed");
    Ok(response)
}

/// UnlockUser.
pub fn handle_unlock_user(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: UnlockUserRequest,
) -> Result<UnlockUserResponse, OpError> {
    let response = UnlockUserResponse {};
    hsm.users.unlock(&request.name, &|transaction| {
        change.commit(hsm, transaction, &response)
    })?;
    tracing::info!(user = request.name, "user unlocked");
    Ok(response)
}

/// The change itself is done by now: what fails here, maintenance does later.
fn delete_session_keys(hsm: &Hsm, ended: &[LoginId]) {
    for login in ended {
        if let Err(error) = hsm.keys.end_login(login) {
            tracing::warn!(%error, "session keys of an ended login are left for later");
        }
    }
}

//! `user`.

use ferrohsm_client::{Result, request_id};
use ferrohsm_protocol::messages::{
    ChangePasswordRequest, CreateUserRequest, DeleteUserRequest, ListUsersRequest, Role,
    UnlockUserRequest, UserInfo,
};
use serde_json::{Value, json};
use zeroize::Zeroize;

use crate::arguments::{NewPassword, User};
use crate::connect::Connection;
use crate::output::{Output, table, time};
use crate::password::Source;
use crate::usage;

pub fn run(connection: &Connection, command: User) -> Result<Output> {
    let client = &connection.client;
    match command {
        User::Create {
            username,
            role,
            password,
        } => {
            let mut request = CreateUserRequest {
                request_id: request_id(),
                role: role.role().into(),
                password: read_new(&password, &username)?,
                name: username,
            };
            let reply = client.call(&request);
            request.password.zeroize();
            let user = reply?.user.unwrap_or_default();
            let text = format!(
                "User {} is created with role {}.",
                user.name,
                role_name(user.role())
            );
            Ok(Output::done(&text, user_json(&user)))
        }
        User::Delete { username } => {
            client.call(&DeleteUserRequest {
                request_id: request_id(),
                name: username.clone(),
            })?;
            Ok(Output::done(
                &format!("User {username} is deleted."),
                json!({ "username": username }),
            ))
        }
        User::List => {
            let users = client.call(&ListUsersRequest {})?.users;
            let rows: Vec<Vec<String>> = users
                .iter()
                .map(|user| {
                    vec![
                        user.name.clone(),
                        role_name(user.role()).to_owned(),
                        if user.locked { "locked" } else { "no" }.to_owned(),
                        user.failed_logins.to_string(),
                        time(user.created_unix_ms),
                    ]
                })
                .collect();
            let data: Vec<Value> = users.iter().map(user_json).collect();
            Ok(Output {
                data: json!({ "users": data }),
                text: table(&["USERNAME", "ROLE", "LOCKED", "FAILED", "CREATED"], &rows),
            })
        }
        User::ChangePassword { username, password } => {
            change_password(connection, username, &password)
        }
        User::Unlock { username } => {
            client.call(&UnlockUserRequest {
                request_id: request_id(),
                name: username.clone(),
            })?;
            Ok(Output::done(
                &format!("User {username} may log in again."),
                json!({ "username": username }),
            ))
        }
    }
}

/// An admin changes anyone's; a user's own takes the old password, which is the one that logs in.
fn change_password(
    connection: &Connection,
    username: Option<String>,
    new: &NewPassword,
) -> Result<Output> {
    let credentials = connection
        .credentials
        .read()?
        .ok_or_else(|| usage("no user to log in as: add --user"))?;
    let name = username.unwrap_or_else(|| credentials.user.clone());
    let own = name.eq_ignore_ascii_case(&credentials.user);
    let mut request = ChangePasswordRequest {
        request_id: request_id(),
        new_password: read_new(new, &name)?,
        old_password: if own {
            credentials.password.to_vec()
        } else {
            Vec::new()
        },
        name,
    };
    let reply = connection
        .client
        .login(&credentials.user, credentials.password)
        .and_then(|()| connection.client.call(&request));
    request.new_password.zeroize();
    request.old_password.zeroize();
    reply?;
    Ok(Output::done(
        &format!("The password of {} is changed.", request.name),
        json!({ "username": request.name }),
    ))
}

fn read_new(new: &NewPassword, user: &str) -> Result<Vec<u8>> {
    let source = match &new.new_password_file {
        Some(path) => Source::File(path.clone()),
        None => Source::Terminal,
    };
    Ok(source
        .read_new(&format!("New password of {user}: "))?
        .to_vec())
}

/// The role as the command line names it.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::CryptoOfficer => "admin",
        Role::CryptoUser => "crypto-user",
        Role::ApplianceUser => "appliance-user",
        Role::Unspecified => "unknown",
    }
}

fn user_json(user: &UserInfo) -> Value {
    json!({
        "username": user.name,
        "role": role_name(user.role()),
        "locked": user.locked,
        "failed-logins": user.failed_logins,
        "created": time(user.created_unix_ms),
    })
}

//! Managing users.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use crate::session::Caller;
use ferrohsm_protocol::messages::{
    ChangePasswordRequest, ChangePasswordResponse, CreateUserRequest, CreateUserResponse,
    DeleteUserRequest, DeleteUserResponse, ListUsersRequest, ListUsersResponse, UnlockUserRequest,
    UnlockUserResponse,
};
use std::sync::Arc;

/// CreateUser.
pub fn handle_create_user(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: CreateUserRequest,
) -> Result<CreateUserResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// DeleteUser.
pub fn handle_delete_user(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: DeleteUserRequest,
) -> Result<DeleteUserResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ListUsers.
pub fn handle_list_users(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ListUsersRequest,
) -> Result<ListUsersResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ChangePassword.
pub fn handle_change_password(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: ChangePasswordRequest,
) -> Result<ChangePasswordResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// UnlockUser.
pub fn handle_unlock_user(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: UnlockUserRequest,
) -> Result<UnlockUserResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

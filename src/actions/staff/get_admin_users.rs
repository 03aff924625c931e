//! `GetAdminUsers`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::auth::secret::md5_hex;
use crate::call::Call;
use crate::domain::entities::decoded;
use crate::domain::id::AdminRoleId;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::staff::members::{MemberFilter, MemberRow};

/// Returns the members of staff, in the order of their ids. Nothing by which they log in is among it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetAdminUsers {
    /// Only members with this role.
    roleid: Param<AdminRoleId>,
    /// A part of the e-mail address, in any case.
    email: Param<String>,
    /// Whether disabled members are listed, too.
    include_disabled: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetAdminUsersReply {
    count: usize,
    admin_users: Vec<AdminUser>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct AdminUser {
    id: i64,
    uuid: String,
    role_id: i64,
    username: String,
    /// Empty if the member has no second factor.
    two_factor_auth_module: String,
    firstname: String,
    lastname: String,
    email: String,
    signature: String,
    notes: String,
    template: String,
    language: String,
    /// 0 or 1.
    is_disabled: i64,
    login_attempts: i64,
    /// As documented, a list with one empty text stands for none, here and in the next.
    support_department_ids: Vec<String>,
    /// The departments of whose tickets the member gets mails.
    receives_ticket_notifications: Vec<String>,
    homepage_widgets_config: String,
    hidden_homepage_widgets: String,
    #[serde(rename = "created_at")]
    created_at: String,
    #[serde(rename = "updated_at")]
    updated_at: String,
    full_name: String,
    /// The MD5 sum of the e-mail address in lower case, by which Gravatar finds a picture.
    gravatar_hash: String,
}

impl Action for GetAdminUsers {
    const NAME: &'static str = "GetAdminUsers";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"email": "rui"}"#;
    type Reply = GetAdminUsersReply;

    async fn run(self, call: Call<'_>) -> Result<GetAdminUsersReply> {
        let filter = MemberFilter {
            role: self.roleid.filter(),
            email: self.email.lenient(),
            with_disabled: self.include_disabled.is_set(),
        };
        let members = store::staff::members::list(call.db, &filter).await?;
        Ok(GetAdminUsersReply { count: members.len(), admin_users: members.into_iter().map(AdminUser::from).collect() })
    }
}

impl From<MemberRow> for AdminUser {
    fn from(member: MemberRow) -> AdminUser {
        AdminUser {
            full_name: format!("{} {}", member.first_name, member.last_name).trim().to_owned(),
            gravatar_hash: md5_hex(&decoded(&member.email).trim().to_lowercase()),
            id: member.id,
            uuid: member.uuid,
            role_id: member.role,
            username: member.user_name,
            two_factor_auth_module: member.second_factor,
            firstname: member.first_name,
            lastname: member.last_name,
            email: member.email,
            signature: member.signature,
            notes: member.notes,
            template: member.template,
            language: member.language,
            is_disabled: i64::from(member.disabled != 0),
            login_attempts: member.login_attempts,
            support_department_ids: ids(&member.departments),
            receives_ticket_notifications: ids(&member.notified_departments),
            homepage_widgets_config: member.widgets,
            hidden_homepage_widgets: member.hidden_widgets,
            created_at: member.created,
            updated_at: member.updated,
        }
    }
}

/// The ids in a text with commas between them, which may also stand before the first and after the last.
fn ids(stored: &str) -> Vec<String> {
    stored.trim_matches(',').split(',').map(|id| id.trim().to_owned()).collect()
}

//! `ValidateLogin`.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::INVALID_LOGIN;
use crate::actions::{Access, Action};
use crate::auth::login;
use crate::call::Call;
use crate::domain::entities::decoded;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse_as};
use crate::operations::{clients, system};
use crate::param::{Param, Password};

/// Checks the e-mail address and password of a user, and records the log-in.
///
/// Hashes of this server (Argon2id) and of WHMCS (bcrypt) are both supported. Rejecting an unknown address takes as
/// long as rejecting a wrong password. After too many wrong passwords the user is rejected for a while, as callers of
/// the API are: after `access.failures_per_identifier` failures within `access.failure_minutes`, counted for each
/// calling credential. The right password neither ends that nor resets the count. From a banned address (AddBannedIp) nobody
/// can log in: that of `clientip`, or else of the caller. No session begins, so `passwordhash`, which would identify it, is
/// empty.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ValidateLogin {
    email: Param<String>,
    password2: Param<Password>,
    /// The network address of whoever logs in. WHMCS lacks this parameter.
    clientip: Param<IpAddr>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct ValidateLoginReply {
    /// The user's id, which is not the client's.
    userid: i64,
    passwordhash: &'static str,
    /// Whether the user has a second factor, which is not checked here.
    #[serde(rename = "twoFactorEnabled")]
    two_factor_enabled: bool,
}

impl Action for ValidateLogin {
    const NAME: &'static str = "ValidateLogin";
    const ACCESS: Access = Access::Write;
    const REPLY_HAS_SECRETS: bool = true;
    const HASHES_PASSWORDS: bool = true;
    const REQUIRED: &[&str] = &["email", "password2"];
    const EXAMPLE: &'static str = r#"{"email": "ana.ferreira@example.com", "password2": "DemoPassword"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(INVALID_LOGIN)];
    type Reply = ValidateLoginReply;

    async fn run(self, call: Call<'_>) -> Result<ValidateLoginReply> {
        let email = decoded(self.email.required(INVALID_LOGIN)?.trim()).into_owned();
        let Password(sent) = self.password2.required(INVALID_LOGIN)?;
        let address = self.clientip.lenient().or_else(|| call.author.address.parse().ok());
        if let Some(address) = address
            && system::is_banned(call.db, address, call.now).await?
        {
            return refuse_as("address_banned", INVALID_LOGIN);
        }
        let attempt = login::Attempt { caller: call.caller, email: &email, password: sent };
        let permit = call.hashing_permit()?;
        let user = login::verify(call.db, call.password_failures, permit, attempt).await?;
        let user = user.ok_or(Error::Refused(INVALID_LOGIN))?;

        clients::record_login(call.context(), &user).await?;
        Ok(ValidateLoginReply { userid: user.id.0, passwordhash: "", two_factor_enabled: user.has_second_factor })
    }
}

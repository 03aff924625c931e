//! Redeeming tokens for single sign-on, which browsers bring.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::timeout;
use tracing::{Instrument, debug_span, warn};

use super::super::{Api, CallQuestions};
use super::{Surroundings, Work};
use crate::attachments::Attachments;
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::error::{Error, Result};
use crate::operations::authentication::{self, SsoRefusal};
use crate::operations::{self, Refusal as _};

/// Number of hexadecimal digits of a token.
const TOKEN_DIGITS: usize = 40;

/// What becomes of a browser that brings a token.
#[derive(Debug)]
pub enum SignIn {
    /// It is sent to the operator's portal, where the user is logged in.
    Portal(String),
    /// Nobody is logged in. The browser does not learn why.
    Denied,
    /// It can try again.
    Failed(Error),
}

impl Api {
    /// Redeems a token, in a task that continues if the browser hangs up.
    pub async fn sign_in(self: &Arc<Self>, token: String, address: IpAddr) -> SignIn {
        let is_token = token.len() == TOKEN_DIGITS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_token {
            return SignIn::Denied;
        }
        let Ok(slot) = Arc::clone(&self.call_slots).try_acquire_owned() else {
            return SignIn::Failed(Error::Busy);
        };
        let api = Arc::clone(self);
        let redeeming = async move {
            let _slot = slot;
            api.redeem(token.to_ascii_lowercase(), address).await
        };
        let redeemed = self.tasks.spawn(redeeming.instrument(debug_span!("sign-in", part = "sign-in"))).await;
        match redeemed.unwrap_or_else(|panic| Err(Error::Internal(panic.to_string().into()))) {
            Ok(Ok(link)) => SignIn::Portal(link),
            Ok(Err(refusal)) => {
                warn!(%address, reason = refusal.code(), "a single sign-on was denied");
                SignIn::Denied
            }
            Err(error) => {
                warn!(%address, %error, "a single sign-on failed");
                SignIn::Failed(error)
            }
        }
    }

    async fn redeem(&self, token: String, address: IpAddr) -> Result<std::result::Result<String, SsoRefusal>> {
        if self.is_read_only {
            return Err(Error::ReadOnly);
        }
        let (config, now) = (self.config(), self.clock.now());
        let author = Author { admin: AdminId(0), name: "Single Sign-On".to_owned(), address: address.to_string() };
        let (attachments, questions) = (Attachments::new(Arc::clone(&config.attachments)), CallQuestions::default());
        let surroundings = Surroundings {
            config: &config,
            author: &author,
            now,
            attachments: &attachments,
            questions: &questions,
            has_own_tables: self.hosts.has_own_tables(),
        };
        let redemption = Redemption { surroundings, token, address };
        timeout(config.time_limit, self.commit(&redemption, now)).await.unwrap_or(Err(Error::Busy))
    }
}

struct Redemption<'w> {
    surroundings: Surroundings<'w>,
    token: String,
    address: IpAddr,
}

impl Work for Redemption<'_> {
    type Done = String;
    type Refusal = SsoRefusal;

    async fn run(&self, lease: &mut Lease, key: &RequestKey) -> operations::Result<String, SsoRefusal> {
        authentication::redeem_token(self.surroundings.context(lease, key), &self.token, self.address).await
    }
}

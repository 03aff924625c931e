//! What a gateway is asked at once: to store, change or delete a card. The number of a card is in memory only.

use serde_json::{Map, Value};

use super::commands::client_details;
use super::{Answer, Gateways};
use crate::domain::payments::card::{CardMonth, CardNumber};
use crate::outbox::questions;
use crate::store::domains::registrar_params::Values;

/// The function that stores, changes and deletes cards.
const STORE: &str = "storeremote";

/// A question to a gateway about a card.
#[derive(Clone, PartialEq)]
pub struct Question {
    gateway: String,
    params: Map<String, Value>,
}

/// It may have the number of a card.
impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// What becomes of a stored card.
#[derive(Debug, Clone, Copy)]
pub enum CardStorage<'c> {
    Create { number: &'c CardNumber, expires: CardMonth, start: Option<CardMonth>, issue: &'c str },
    Update { token: &'c str, expires: Option<CardMonth>, start: Option<CardMonth>, issue: &'c str },
    Delete { token: &'c str },
}

impl Question {
    /// Asks to store, change or delete a card of a client, who is described by `client`.
    pub fn about_card(gateway: &str, client: &Values, storage: CardStorage<'_>) -> Question {
        let mut params = Map::new();
        params.insert("clientdetails".to_owned(), Value::Object(client_details(client)));
        let mut set = |name: &str, value: &str| params.insert(name.to_owned(), value.into());
        let month = |month: Option<CardMonth>| month.map(CardMonth::digits).unwrap_or_default();
        match storage {
            CardStorage::Create { number, expires, start, issue } => {
                set("action", "create");
                set("cardtype", number.brand());
                set("cardnum", number.digits());
                set("cardexp", &expires.digits());
                set("cardstart", &month(start));
                set("cardissuenum", issue);
            }
            CardStorage::Update { token, expires, start, issue } => {
                set("action", "update");
                set("gatewayid", token);
                set("cardexp", &month(expires));
                set("cardstart", &month(start));
                set("cardissuenum", issue);
            }
            CardStorage::Delete { token } => {
                set("action", "delete");
                set("gatewayid", token);
            }
        }
        Question { gateway: gateway.to_owned(), params }
    }
}

/// The questions of one call to gateways.
pub type Questions = questions::Questions<Question>;

impl questions::Question for Question {
    type Answer = Answer;
    type Answerers = Gateways;

    async fn ask_as(&self, id: &str, gateways: &Gateways) -> Answer {
        gateways.ask(&self.gateway, id, 1, STORE, &self.params).await.0
    }

    fn describe(&self) -> String {
        let what = self.params.get("action").and_then(Value::as_str).unwrap_or_default();
        format!("{} {STORE} {what}", self.gateway)
    }

    fn may_have_changed(&self, answer: Option<&Answer>) -> bool {
        matches!(answer, None | Some(Answer::Done(_) | Answer::Pending(_) | Answer::Unclear(_)))
    }
}

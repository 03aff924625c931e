//! `GetClients`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::words::NOT_A_DATE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Direction;
use crate::error::Result;
use crate::param::schema;
use crate::param::{Param, ParamValue, UtcTime};
use crate::store;
use crate::store::clients::list::{ClientFilter, ClientRow, ClientSort};

/// Returns a page of the list of clients.
///
/// The list is sorted by id unless `orderby` is given; equal rows of any other order are sorted by id too, so that
/// pages never overlap. An unknown status matches no client.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetClients {
    #[serde(flatten)]
    paging: Paging,
    /// `ASC`, which is the default, or `DESC`.
    sorting: Param<Direction>,
    /// `Active`, `Inactive` or `Closed`.
    status: Param<String>,
    /// Prefix of the e-mail address, the first, last or full name, or the company name, in any case.
    search: Param<String>,
    /// Only the client with exactly this e-mail address, in any case. WHMCS lacks this parameter.
    email: Param<String>,
    /// `id`, `firstname`, `lastname`, `companyname`, `email`, `groupid`, `datecreated` or `status`.
    orderby: Param<ClientSort>,
    /// `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS` in UTC: only clients that changed then or later. WHMCS lacks this
    /// parameter.
    #[schemars(with = "schema::DateTime")]
    updatedsince: Param<UtcTime>,
}

impl ParamValue for ClientSort {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "id" => Some(ClientSort::Id),
            "firstname" => Some(ClientSort::FirstName),
            "lastname" => Some(ClientSort::LastName),
            "companyname" => Some(ClientSort::Company),
            "email" => Some(ClientSort::Email),
            "groupid" => Some(ClientSort::Group),
            "datecreated" => Some(ClientSort::Created),
            "status" => Some(ClientSort::Status),
            _ => None,
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetClientsReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    clients: Clients,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Clients {
    client: Vec<Client>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Client {
    id: i64,
    firstname: String,
    lastname: String,
    companyname: String,
    email: String,
    datecreated: String,
    groupid: i64,
    status: String,
}

impl Action for GetClients {
    const NAME: &'static str = "GetClients";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"limitnum": 2}"#;
    type Reply = GetClientsReply;

    async fn run(self, call: Call<'_>) -> Result<GetClientsReply> {
        let filter = ClientFilter {
            status: self.status.lenient(),
            search: self.search.lenient(),
            email: self.email.lenient().map(|email| email.trim().to_owned()),
            updated_since: self.updatedsince.optional(NOT_A_DATE)?.map(|UtcTime(time)| time),
        };
        let page = self.paging.page();
        let order = self.orderby.lenient().unwrap_or(ClientSort::Id);
        let direction = self.sorting.lenient().unwrap_or(Direction::Ascending);
        let listed = store::clients::list::list(call.db, &filter, order, direction, page).await?;
        Ok(GetClientsReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: listed.rows.len(),
            clients: Clients { client: listed.rows.into_iter().map(Client::from).collect() },
        })
    }
}

impl From<ClientRow> for Client {
    fn from(listed: ClientRow) -> Client {
        Client {
            id: listed.id,
            firstname: listed.first_name,
            lastname: listed.last_name,
            companyname: listed.company,
            email: listed.email,
            datecreated: listed.created,
            groupid: listed.group,
            status: listed.status,
        }
    }
}

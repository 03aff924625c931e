//! `GetContacts`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::clients::contacts::{ContactFilter, ContactRow};
use crate::store::clients::person::Person;

/// Returns a page of the list of contacts, sorted by id. Filters match whole values, in any case.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetContacts {
    #[serde(flatten)]
    paging: Paging,
    /// Only this client's.
    userid: Param<ClientId>,
    firstname: Param<String>,
    lastname: Param<String>,
    companyname: Param<String>,
    email: Param<String>,
    address1: Param<String>,
    address2: Param<String>,
    city: Param<String>,
    state: Param<String>,
    postcode: Param<String>,
    country: Param<String>,
    phonenumber: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetContactsReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    contacts: Contacts,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Contacts {
    contact: Vec<Contact>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the documented fields")]
struct Contact {
    id: i64,
    userid: i64,
    firstname: String,
    lastname: String,
    companyname: String,
    email: String,
    address1: String,
    address2: String,
    city: String,
    state: String,
    postcode: String,
    country: String,
    phonenumber: String,
    tax_id: String,
    domainemails: bool,
    generalemails: bool,
    invoiceemails: bool,
    productemails: bool,
    supportemails: bool,
    affiliateemails: bool,
    created_at: String,
    updated_at: String,
}

impl Action for GetContacts {
    const NAME: &'static str = "GetContacts";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"userid": 4, "limitnum": 2}"#;
    type Reply = GetContactsReply;

    async fn run(self, call: Call<'_>) -> Result<GetContactsReply> {
        let client = self.userid.filter();
        let person = Person {
            first_name: self.firstname.lenient(),
            last_name: self.lastname.lenient(),
            company: self.companyname.lenient(),
            email: self.email.lenient(),
            address1: self.address1.lenient(),
            address2: self.address2.lenient(),
            city: self.city.lenient(),
            state: self.state.lenient(),
            postcode: self.postcode.lenient(),
            country: self.country.lenient(),
            phone: self.phonenumber.lenient(),
            tax_id: None,
        };
        let filter = ContactFilter { client, person };
        let page = self.paging.page();
        let listed = store::clients::contacts::list(call.db, &filter, page).await?;
        Ok(GetContactsReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: listed.rows.len(),
            contacts: Contacts { contact: listed.rows.into_iter().map(Contact::from).collect() },
        })
    }
}

impl From<ContactRow> for Contact {
    fn from(listed: ContactRow) -> Contact {
        Contact {
            id: listed.id,
            userid: listed.client,
            firstname: listed.first_name,
            lastname: listed.last_name,
            companyname: listed.company,
            email: listed.email,
            address1: listed.address1,
            address2: listed.address2,
            city: listed.city,
            state: listed.state,
            postcode: listed.postcode,
            country: listed.country,
            phonenumber: listed.phone,
            tax_id: listed.tax_id,
            domainemails: listed.domain_mails,
            generalemails: listed.general_mails,
            invoiceemails: listed.invoice_mails,
            productemails: listed.product_mails,
            supportemails: listed.support_mails,
            affiliateemails: listed.affiliate_mails,
            created_at: listed.created_at,
            updated_at: listed.updated_at,
        }
    }
}

//! Creating and changing quotes.

use chrono::NaiveDate;

use super::recipient::{add_up, check_currency, prospect};
use super::{Refusal, Result};
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, QuoteId};
use crate::domain::money::Money;
use crate::domain::sales::quote::{Item, Quantity, Stage};
use crate::events::{About, Event};
use crate::operations::{Context, clients};
use crate::store;
use crate::store::clients::client::Client;
use crate::store::clients::person::Person;
use crate::store::sales::quotes::{self, ItemRow, NewQuote as NewRow, QuoteChanges, StoredQuote, Texts};
use crate::store::webhooks::events::raise;

/// A quote to create.
#[derive(Debug)]
pub struct NewQuote {
    pub subject: String,
    pub stage: Stage,
    pub valid_until: NaiveDate,
    /// By default, today.
    pub created_on: Option<NaiveDate>,
    /// The client whom it is for; `None` for somebody else, whose `person` and `currency` are stored with it.
    pub client: Option<ClientId>,
    pub person: Person,
    /// By default, the operator's default currency.
    pub currency: Option<i64>,
    pub texts: Texts,
    pub items: Vec<ItemEdit>,
}

/// Changes of a quote; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct QuoteUpdate {
    pub subject: Option<String>,
    pub stage: Option<Stage>,
    pub valid_until: Option<NaiveDate>,
    pub created_on: Option<NaiveDate>,
    /// The client whom it is for from now on, or somebody who is no client.
    pub client: Option<Option<ClientId>>,
    /// Ignored for a quote to a client, like the currency.
    pub person: Person,
    pub currency: Option<i64>,
    pub texts: Texts,
    pub items: Vec<ItemEdit>,
}

/// An item to add, or changes of an existing one; `None` leaves a field as it is, or as it is by default.
#[derive(Debug, Clone, Default)]
pub struct ItemEdit {
    /// The id of an existing item.
    pub id: Option<i64>,
    pub description: Option<String>,
    /// By default, one.
    pub quantity: Option<Quantity>,
    pub unit_price: Option<Money>,
    /// In percent.
    pub discount: Option<Money>,
    pub taxable: Option<bool>,
}

impl ItemEdit {
    fn new_item(self) -> Item {
        let item = Item {
            description: String::new(),
            quantity: Quantity::ONE,
            unit_price: Money::ZERO,
            discount: Money::ZERO,
            taxable: false,
        };
        self.apply_to(item)
    }

    fn apply_to(self, item: Item) -> Item {
        Item {
            description: self.description.unwrap_or(item.description),
            quantity: self.quantity.unwrap_or(item.quantity),
            unit_price: self.unit_price.unwrap_or(item.unit_price),
            discount: self.discount.unwrap_or(item.discount),
            taxable: self.taxable.unwrap_or(item.taxable),
        }
    }
}

/// Creates a quote and returns its id.
pub async fn create(context: Context<'_>, new: NewQuote) -> Result<QuoteId> {
    let recipient = match new.client {
        Some(client) => clients::lock(context.db, client).await?,
        None => {
            check_currency(context.db, new.currency).await?;
            prospect(context.db, &new.person, new.currency).await?
        }
    };
    let items: Vec<Item> = new.items.into_iter().map(ItemEdit::new_item).collect();
    let configuration = store::system::configuration::read(context.db).await?;
    let amounts = amounts(items.iter())?;
    let sum = add_up(context.db, context.compat, &configuration, &recipient, &amounts).await?;
    let person = if new.client.is_some() { Person::default() } else { new.person };

    let mut tx = context.write(new.client.map_or(Subject::Staff, Subject::Client)).await?;
    let row = NewRow {
        subject: &new.subject,
        stage: new.stage,
        valid_until: new.valid_until,
        created_on: new.created_on.unwrap_or(tx.now.date()),
        client: new.client,
        person: &person,
        currency: recipient.currency,
        totals: sum.totals,
        texts: &new.texts,
        items: &items,
    };
    let id = quotes::create(&mut tx, &row).await?;
    let line = format!("Created Quote - Quote ID: {id} - Total: {}", sum.totals.total);
    store::system::activity::log(&mut tx, new.client, &line).await?;
    raise(&mut tx, About::Quote(id), &Event::QuoteCreated { quote: id, status: new.stage.name() }).await?;
    Ok(id)
}

/// Changes a quote that is locked. It is added up again only if its items change, or what its taxes depend on.
pub async fn update(context: Context<'_>, quote: &StoredQuote, update: QuoteUpdate) -> Result<()> {
    let client = update.client.unwrap_or(quote.client);
    if client.is_none() {
        check_currency(context.db, update.currency).await?;
    }
    let person = if client.is_some() { Person::default() } else { update.person };
    let recipient = recipient(&mut *context.db, quote, client, &person, update.currency).await?;
    let is_other_recipient = client != quote.client || person.country.is_some() || person.state.is_some();
    let edited = EditedItems::new(quotes::items(context.db, quote.id).await?, update.items);
    let totals = match is_other_recipient || !edited.is_unchanged() {
        true => {
            let configuration = store::system::configuration::read(context.db).await?;
            add_up(context.db, context.compat, &configuration, &recipient, &edited.amounts()?).await?.totals
        }
        // Stored totals were computed with the tax rules of their time.
        false => quote.totals,
    };

    let mut tx = context.write(Subject::Quote(quote.id)).await?;
    let changes = QuoteChanges {
        subject: update.subject.as_deref(),
        stage: update.stage,
        valid_until: update.valid_until,
        created_on: update.created_on,
        client,
        person: &person,
        currency: recipient.currency,
        totals,
        texts: &update.texts,
    };
    if !quotes::update(&mut tx, quote.id, &changes).await? {
        return Err(Refusal::QuoteNotFound.into());
    }
    edited.write(&mut tx, quote.id).await?;
    let line = format!("Modified Quote - Quote ID: {}", quote.id);
    store::system::activity::log(&mut tx, client, &line).await?;
    if let Some(stage) = update.stage.filter(|stage| stage.name() != quote.stage) {
        let event = Event::QuoteStatusChange { quote: quote.id, status: stage.name() };
        raise(&mut tx, About::Quote(quote.id), &event).await?;
    }
    Ok(())
}

/// Returns whom a quote is for after a change. A client who was not there before must exist; one who was may have been
/// deleted by another program, and is nobody then.
async fn recipient(
    db: &mut Lease,
    quote: &StoredQuote,
    client: Option<ClientId>,
    person: &Person,
    currency: Option<i64>,
) -> Result<Client> {
    if let Some(id) = client {
        match store::clients::client::lock(db, id).await? {
            Some(client) => return Ok(client),
            None if quote.client != client => return Err(Refusal::Client(clients::Refusal::ClientNotFound).into()),
            None => {}
        }
    }
    let person = Person {
        country: person.country.clone().or_else(|| quote.person.country.clone()),
        state: person.state.clone().or_else(|| quote.person.state.clone()),
        ..Person::default()
    };
    prospect(db, &person, Some(currency.unwrap_or(quote.currency)).filter(|id| *id > 0)).await
}

/// The items of a quote with the changes of an update. Changes of other quotes' items are ignored.
struct EditedItems {
    stored: Vec<ItemRow>,
    edits: Vec<ItemEdit>,
}

impl EditedItems {
    fn new(stored: Vec<ItemRow>, mut edits: Vec<ItemEdit>) -> EditedItems {
        edits.retain(|edit| edit.id.is_none_or(|id| stored.iter().any(|item| item.id == id)));
        EditedItems { stored, edits }
    }

    fn is_unchanged(&self) -> bool {
        self.edits.is_empty()
    }

    fn changes(&self, stored: &ItemRow) -> Option<&ItemEdit> {
        // Of several changes of an item, the last one holds.
        self.edits.iter().rfind(|edit| edit.id == Some(stored.id))
    }

    fn changed(&self) -> impl Iterator<Item = Result<(i64, Item)>> {
        let changed = self.stored.iter().filter_map(|stored| Some((stored, self.changes(stored)?)));
        changed.map(|(stored, edit)| Ok((stored.id, edit.clone().apply_to(item(stored, edit.quantity)?))))
    }

    fn added(&self) -> impl Iterator<Item = Item> {
        self.edits.iter().filter(|edit| edit.id.is_none()).cloned().map(ItemEdit::new_item)
    }

    fn amounts(&self) -> Result<Vec<(Money, bool)>> {
        let kept = self.stored.iter().filter(|stored| self.changes(stored).is_none());
        let mut items: Vec<Item> = kept.map(|stored| item(stored, None)).collect::<Result<_>>()?;
        for changed in self.changed() {
            items.push(changed?.1);
        }
        items.extend(self.added());
        amounts(items.iter())
    }

    async fn write(&self, tx: &mut Writer<'_>, quote: QuoteId) -> Result<()> {
        for changed in self.changed() {
            let (id, item) = changed?;
            quotes::change_item(tx, quote, id, &item).await?;
        }
        for item in self.added() {
            quotes::add_item(tx, quote, &item).await?;
        }
        Ok(())
    }
}

/// Reads an item, with another quantity if there is one.
pub(super) fn item(stored: &ItemRow, quantity: Option<Quantity>) -> Result<Item> {
    let quantity = quantity.or_else(|| Quantity::parse(&stored.quantity));
    Ok(Item {
        description: stored.description.clone(),
        quantity: quantity.ok_or(Refusal::QuantityNotReadable { item: stored.id })?,
        unit_price: stored.unit_price,
        discount: stored.discount,
        taxable: stored.taxable != 0,
    })
}

fn amounts<'i>(items: impl Iterator<Item = &'i Item>) -> Result<Vec<(Money, bool)>> {
    items.map(|item| Ok((item.amount().ok_or(Refusal::AmountOutOfRange)?, item.taxable))).collect()
}

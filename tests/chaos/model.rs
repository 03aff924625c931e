//! Random sequences of calls, compared with a model of the books that fits on a page.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::at_length;
use crate::support::TestApi;

#[derive(Debug, Clone, Copy)]
enum Call {
    Add(i64),
    Remove(i64),
    Invoice(i64, bool),
    BuyCredit(i64),
    /// Payment of the invoice with this number, modulo the number of invoices.
    Pay(usize, Option<i64>),
    Apply(usize, Option<i64>),
    /// `UpdateInvoice` with another amount for its line.
    Change(usize, i64),
    /// `UpdateInvoice` with another amount of credit.
    SetCredit(usize, i64),
    Cancel(usize),
    Reopen(usize),
    Transaction(Option<usize>, i64),
}

/// The books of one client, in cents.
#[derive(Debug, Default)]
struct Books {
    balance: i64,
    invoices: Vec<Invoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Invoice {
    amount: i64,
    credit: i64,
    paid: i64,
    status: &'static str,
    sells_credit: bool,
    /// How much of the credit that it sells the client has got.
    funds: i64,
    /// How much of what was paid became credit, because it was too much.
    overpaid: i64,
}

impl Invoice {
    fn held(self) -> i64 {
        self.paid - self.overpaid
    }

    fn due(self) -> i64 {
        self.amount - self.credit - self.held()
    }
}

impl Books {
    fn at(&mut self, number: usize) -> Option<&mut Invoice> {
        let count = self.invoices.len();
        (count > 0).then(|| &mut self.invoices[number % count])
    }

    fn invoice(&mut self, amount: i64, sells_credit: bool) {
        let invoice = Invoice { amount, credit: 0, paid: 0, status: "Unpaid", sells_credit, funds: 0, overpaid: 0 };
        self.invoices.push(invoice);
    }

    /// Changes an invoice, and settles it by the rules of docs/settlement.md.
    fn change(&mut self, number: usize, change: impl FnOnce(&mut Invoice)) {
        let invoice = self.at(number).unwrap();
        let before = *invoice;
        change(invoice);
        if invoice.status == "Unpaid" && invoice.due() <= 0 {
            invoice.status = "Paid";
        } else if invoice.status == "Paid" && invoice.due() > before.due().max(0) {
            invoice.status = "Unpaid";
        }
        if invoice.status == "Paid" {
            invoice.overpaid += (-invoice.due()).max(0).min(invoice.held());
        }
        if invoice.status == "Paid" && invoice.due() <= 0 {
            invoice.funds = if invoice.sells_credit { invoice.amount } else { 0 };
        } else {
            // Credit that the invoice returns takes back what it has bought.
            let (was, is) = (before.held() + before.credit, invoice.held() + invoice.credit);
            let kept = if is >= was { invoice.funds } else { is.max(0) };
            invoice.funds = invoice.funds.min(kept);
        }
        let returned = before.credit - invoice.credit;
        let given = invoice.funds + invoice.overpaid - before.funds - before.overpaid;
        self.balance += given.max(-returned.max(0));
    }

    fn apply(&mut self, number: usize, amount: i64) {
        self.balance -= amount;
        self.change(number, |invoice| invoice.credit += amount);
    }

    fn pay(&mut self, number: usize, amount: i64) {
        self.change(number, |invoice| invoice.paid += amount);
    }

    /// Applies a call to the model, and returns whether it succeeds.
    fn call(&mut self, call: Call) -> bool {
        let balance = self.balance;
        let count = self.invoices.len();
        let of = |number: usize| number % count.max(1);
        match call {
            Call::Add(amount) | Call::Transaction(None, amount) => self.balance += amount,
            Call::Remove(amount) if amount > balance => return false,
            Call::Remove(amount) => self.balance -= amount,
            Call::Invoice(amount, applies) => {
                self.invoice(amount, false);
                let applied = balance.min(amount);
                if applies && applied > 0 {
                    self.apply(count, applied);
                }
            }
            Call::BuyCredit(amount) => self.invoice(amount, true),
            Call::Pay(number, amount) => match self.at(number).copied() {
                Some(invoice) if invoice.status != "Cancelled" && (amount.is_some() || invoice.due() > 0) => {
                    self.pay(of(number), amount.unwrap_or(invoice.due()));
                }
                _ => return false,
            },
            Call::Apply(number, amount) => match self.at(number).copied() {
                Some(invoice) if invoice.status == "Unpaid" => {
                    let applied = amount.unwrap_or(balance.min(invoice.due()));
                    if applied > balance || applied > invoice.due() || applied <= 0 {
                        return false;
                    }
                    self.apply(of(number), applied);
                }
                _ => return false,
            },
            Call::Change(number, amount) => match self.at(number).copied() {
                Some(invoice) if invoice.credit == 0 || invoice.credit <= amount => {
                    self.change(number, |invoice| invoice.amount = amount);
                }
                _ => return false,
            },
            Call::SetCredit(number, credit) => match self.at(number).copied() {
                Some(invoice) if credit > invoice.credit => {
                    let taken = credit - invoice.credit;
                    if invoice.status != "Unpaid" || credit > invoice.amount - invoice.held() || taken > balance {
                        return false;
                    }
                    self.apply(of(number), taken);
                }
                Some(invoice) => {
                    self.balance += invoice.credit - credit;
                    self.change(number, |invoice| invoice.credit = credit);
                }
                None => return false,
            },
            Call::Cancel(number) => match self.at(number) {
                Some(invoice) => invoice.status = "Cancelled",
                None => return false,
            },
            Call::Reopen(number) => match self.at(number) {
                Some(_) => self.change(number, |invoice| invoice.status = "Unpaid"),
                None => return false,
            },
            Call::Transaction(Some(number), amount) => match self.at(number) {
                Some(invoice) if invoice.status != "Cancelled" => self.pay(of(number), amount),
                Some(_) => return false,
                // It names the invoice 0, which means none, so the transaction is only recorded.
                None => {}
            },
        }
        true
    }
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let amount = || 1..20_000_i64;
    let invoice = || 0..4_usize;
    let call = prop_oneof![
        amount().prop_map(Call::Add),
        amount().prop_map(Call::Remove),
        (amount(), any::<bool>()).prop_map(|(amount, applies)| Call::Invoice(amount, applies)),
        (500..50_000_i64).prop_map(Call::BuyCredit),
        (invoice(), proptest::option::of(amount())).prop_map(|(number, amount)| Call::Pay(number, amount)),
        (invoice(), proptest::option::of(amount())).prop_map(|(number, amount)| Call::Apply(number, amount)),
        (invoice(), amount()).prop_map(|(number, amount)| Call::Change(number, amount)),
        (invoice(), 0..20_000_i64).prop_map(|(number, amount)| Call::SetCredit(number, amount)),
        invoice().prop_map(Call::Cancel),
        invoice().prop_map(Call::Reopen),
        (proptest::option::of(invoice()), amount()).prop_map(|(number, amount)| Call::Transaction(number, amount)),
    ];
    proptest::collection::vec(call, 1..25)
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Returns the request of a call. `invoices` are the ids of the existing ones.
fn request(call: Call, client: i64, invoices: &[i64], number: usize) -> String {
    let id = |number: usize| if invoices.is_empty() { 0 } else { invoices[number % invoices.len()] };
    let amount = |amount: Option<i64>| amount.map_or(String::new(), |amount| format!("&amount={}", money(amount)));
    match call {
        Call::Add(cents) => format!("AddCredit&clientid={client}&amount={}", money(cents)),
        Call::Remove(cents) => format!("AddCredit&clientid={client}&type=remove&amount={}", money(cents)),
        Call::Invoice(cents, applies) => format!(
            "CreateInvoice&userid={client}&itemdescription1=x&itemamount1={}&autoapplycredit={}",
            money(cents),
            u8::from(applies)
        ),
        Call::BuyCredit(cents) => {
            format!("AddCreditApi&userid={client}&paymentmethod=paypal&itemamount={}", money(cents))
        }
        Call::Pay(invoice, cents) => {
            format!("AddInvoicePayment&invoiceid={}&gateway=paypal&transid=T{number}{}", id(invoice), amount(cents))
        }
        Call::Apply(invoice, cents) => format!("ApplyCredit&invoiceid={}{}", id(invoice), amount(cents)),
        Call::Change(invoice, cents) => {
            let line = id(invoice);
            format!(
                "UpdateInvoice&invoiceid={line}&itemdescription[{line}]=x&itemtaxed[{line}]=0&itemamount[{line}]={}",
                money(cents)
            )
        }
        Call::SetCredit(invoice, cents) => format!("UpdateInvoice&invoiceid={}&credit={}", id(invoice), money(cents)),
        Call::Cancel(invoice) => format!("UpdateInvoice&invoiceid={}&status=Cancelled", id(invoice)),
        Call::Reopen(invoice) => format!("UpdateInvoice&invoiceid={}&status=Unpaid", id(invoice)),
        Call::Transaction(invoice, cents) => {
            let of = invoice.map_or("credit=1".to_owned(), |invoice| format!("invoiceid={}", id(invoice)));
            format!("AddTransaction&userid={client}&paymentmethod=paypal&{of}&amountin={}", money(cents))
        }
    }
}

async fn agrees(api: &TestApi, calls: &[Call]) -> Result<(), TestCaseError> {
    // Each sequence has a client of its own.
    let insert = "INSERT INTO tblclients (firstname, currency) VALUES ('x', 1)";
    api.sql(insert).await;
    let client: i64 = api.rows("MAX(id)", "tblclients").await[0].parse().unwrap();
    let (mut books, mut invoices) = (Books::default(), Vec::new());
    for (number, &call) in calls.iter().enumerate() {
        let number = usize::try_from(client).unwrap() * 1000 + number;
        let request = request(call, client, &invoices, number);
        let succeeds = books.call(call);
        let (status, body) = api.send(&format!("action={request}")).await;
        prop_assert_eq!(status, 200, "{}: {}", &request, &body);
        prop_assert_eq!(body.contains(r#""result":"success""#), succeeds, "{}: {} with {:?}", &request, &body, &books);
        if let Some(invoice) = serde_json::from_str::<serde_json::Value>(&body).unwrap()["invoiceid"].as_i64()
            && matches!(call, Call::Invoice(..) | Call::BuyCredit(_))
        {
            invoices.push(invoice);
        }
        let balance = api.rows("CAST(credit * 100 AS SIGNED)", &format!("tblclients WHERE id = {client}")).await;
        prop_assert_eq!(&balance[0], &books.balance.to_string(), "after {}", &request);
        let stored = api
            .rows(
                "i.status, CAST(i.subtotal * 100 AS SIGNED), CAST(i.credit * 100 AS SIGNED), CAST(i.total * 100 AS SIGNED), \
                 CAST((SELECT COALESCE(SUM(amountin - amountout), 0) FROM tblaccounts WHERE invoiceid = i.id) * 100 AS SIGNED)",
                &format!("tblinvoices i WHERE userid = {client} ORDER BY id"),
            )
            .await;
        let expected: Vec<String> = books
            .invoices
            .iter()
            .map(|i| format!("{} | {} | {} | {} | {}", i.status, i.amount, i.credit, i.amount - i.credit, i.paid))
            .collect();
        prop_assert_eq!(stored, expected, "after {}", &request);
    }
    let history = format!("tblcredit WHERE clientid = {client}");
    let history = api.rows("CAST(COALESCE(SUM(amount), 0) * 100 AS SIGNED)", &history).await;
    prop_assert_eq!(&history[0], &books.balance.to_string());
    Ok(())
}

/// After each call of a random sequence, the database agrees with the model. A sequence that fails is shortened and
/// printed, with the seed that reproduces it. The sequences are the same each time unless another seed is given.
#[test]
fn the_books_agree_with_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let api = runtime.block_on(TestApi::new());
    // Each invoice has one line, which is found by the invoice's id.
    runtime.block_on(api.sql("UPDATE tblconfiguration SET value = '1000000' WHERE setting = 'AddFundsMaximum'"));
    let cases = u32::try_from(at_length(1_000, 25)).unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner.run(&calls(), |calls| runtime.block_on(agrees(&api, &calls))).unwrap_or_else(|error| {
        panic!("{error}\nPROPTEST_RNG_SEED={}", std::env::var("PROPTEST_RNG_SEED").unwrap_or_default())
    });
    println!("{cases} histories agree with the model");
}

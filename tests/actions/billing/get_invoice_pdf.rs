use std::io::Write;
use std::process::{Command, Stdio};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tower::ServiceExt;
use whmcs_api::config::{Paper, Pdf, Settings};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetInvoicePdf&invoiceid=12"], every_parameter: "GetInvoicePdf&invoiceid=22", ..Calls::NONE };

const SELLER: &str = "INSERT INTO tblconfiguration (setting, value) VALUES ('CompanyName', 'Atlantic &amp; Sons'), \
    ('InvoicePayTo', 'Rua do Cais 12\n1100-118 Lisboa'), ('DateFormat', 'YYYY-MM-DD'); \
    UPDATE tblclients SET companyname = 'Müller &amp; Söhne', lastname = 'Παπαδόπουλος', address1 = 'ул. Ленина 7', \
      city = 'Porto', postcode = '4000-001', tax_id = 'PT123456789' WHERE id = 2";

/// Runs one of poppler's programs over a PDF; `make poppler` installs it.
fn poppler(program: &str, arguments: &[&str], pdf: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; run `make poppler`"));
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The text of each page, with single spaces.
fn pages(pdf: &[u8]) -> Vec<String> {
    let text = String::from_utf8(poppler("pdftotext", &["-layout", "-", "-"], pdf)).unwrap();
    let words = |page: &str| page.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_end_matches('\u{c}').split('\u{c}').map(words).collect()
}

async fn pdf(api: &TestApi, invoice: i64) -> (String, Vec<u8>) {
    let reply = api.reply(&format!("action=GetInvoicePdf&invoiceid={invoice}")).await;
    assert_eq!((&reply["result"], &reply["mimetype"]), (&"success".into(), &"application/pdf".into()), "{reply}");
    assert_eq!(reply["invoiceid"], invoice);
    (reply["filename"].as_str().unwrap().to_owned(), STANDARD.decode(reply["data"].as_str().unwrap()).unwrap())
}

fn contains(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is not in: {page}");
    }
}

#[tokio::test]
async fn it_says_what_the_invoice_says_in_the_clients_language() {
    let api = TestApi::new().await;
    api.sql(SELLER).await;
    api.reply(
        "action=CreateInvoice&userid=2&date=2026-11-01&duedate=2026-11-15&paymentmethod=stripe&notes=Obrigado%E2%80%A9Adeus\
         &itemdescription1=Hosting%0ADisk:+50+GB&itemamount1=100&itemtaxed1=1&itemdescription2=%D0%9F%D0%B5%D1%80%D0%B5%D0%BD%D0%BE%D1%81&itemamount2=-10",
    )
    .await;
    let (name, first) = pdf(&api, 1).await;
    assert_eq!((name.as_str(), &first[..5]), ("invoice-1.pdf", &b"%PDF-"[..]));
    assert_eq!(pdf(&api, 1).await.1, first, "the same invoice gave other bytes");
    let [page] = &pages(&first)[..] else { panic!("several pages") };
    contains(
        page,
        &[
            "Atlantic & Sons",
            "Rua do Cais 12",
            "Invoice",
            "Unpaid",
            "Müller & Söhne",
            "Two Παπαδόπουλος",
            "ул. Ленина 7",
        ],
    );
    contains(
        page,
        &["4000-001 Porto", "Tax ID: PT123456789", "Number 1", "Invoice date 2026-11-01", "Due date 2026-11-15"],
    );
    contains(
        page,
        &["Hosting €100.00 *", "Disk: 50 GB", "Перенос -€10.00", "* taxed", "Subtotal €90.00", "VAT 23% €23.00"],
    );
    contains(page, &["Total €113.00", "Notes", "Obrigado Adeus", "Page 1 of 1"]);

    api.sql(include_str!("../../support/fixtures/invoice_numbers.sql")).await;
    api.sql("UPDATE tblclients SET language = 'german' WHERE id = 2; INSERT INTO tblconfiguration (setting, value) VALUES ('EnableProformaInvoicing', 'on')").await;
    let (name, proforma) = pdf(&api, 1).await;
    assert_eq!(name, "proforma-1.pdf");
    contains(&pages(&proforma)[0], &["Proforma-Rechnung", "Offen", "Gesamtbetrag €113.00", "Seite 1 von 1"]);

    api.reply("action=AddInvoicePayment&invoiceid=1&gateway=stripe&transid=ch_1&date=2026-11-19").await;
    api.reply("action=AddTransaction&invoiceid=1&paymentmethod=stripe&amountout=13&transid=re_1&date=2026-11-20").await;
    let (name, paid) = pdf(&api, 1).await;
    assert_eq!(name, "invoice-2026-0007.pdf");
    contains(
        &pages(&paid)[0],
        &["Rechnung", "Bezahlt am 2026-11-19", "Nummer 2026-0007", "2026-11-19 stripe ch_1 €113.00"],
    );
    contains(&pages(&paid)[0], &["stripe (Erstattet) re_1 -€13.00", "Bezahlt -€100.00", "Offener Betrag €13.00"]);
    api.sql("UPDATE tblinvoices SET status = 'Unpaid' WHERE id = 1").await;
    assert_eq!(pdf(&api, 1).await.0, "invoice-2026-0007.pdf", "it keeps its number");
}

#[tokio::test]
async fn long_invoices_have_several_pages_and_nothing_leaves_the_page() {
    let settings = Settings { pdf: Pdf { paper: Paper::Letter, ..Pdf::default() }, ..Settings::default() };
    let api = TestApi::with_settings(settings).await;
    api.sql(
        "INSERT INTO tblinvoices (id, userid, subtotal, total, status, notes) VALUES (7, 99, 0, 0, 'Odd', REPEAT('note ', 900)); \
         INSERT INTO tblinvoiceitems (invoiceid, description, amount) SELECT 7, CONCAT('Server ', seq), 99999999.99 FROM \
           (SELECT ROW_NUMBER() OVER () AS seq FROM information_schema.columns LIMIT 60) AS rows_; \
         INSERT INTO tblinvoiceitems (invoiceid, description, amount) VALUES (7, REPEAT('x', 3000), 1), (7, '日本 שלום 👍\t.', 1)",
    )
    .await;
    let (_, pdf) = pdf(&api, 7).await;
    let pages = pages(&pdf);
    assert!(pages.len() > 3, "{} pages", pages.len());
    for (page, number) in pages.iter().zip(1..) {
        contains(page, &[&format!("Page {number} of {}", pages.len())]);
    }
    contains(&pages[1], &["Description Amount"]);
    for server in 1..=60 {
        assert_eq!(pages.iter().filter(|page| page.contains(&format!("Server {server} "))).count(), 1, "{server}");
    }
    // A picture of each page: something is written on it, and nothing in its margins.
    let picture = poppler("pdftoppm", &["-gray", "-r", "36", "-"], &pdf);
    let page = b"P5\n306 396\n255\n";
    let starts: Vec<usize> = (0..picture.len() - page.len()).filter(|at| picture[*at..].starts_with(page)).collect();
    assert_eq!(starts.len(), pages.len());
    for start in starts {
        let rows: Vec<&[u8]> = picture[start + page.len()..].chunks(306).take(396).collect();
        let is_inked = |row: &[u8]| row.iter().any(|gray| *gray < 200);
        assert!(rows.iter().filter(|row| is_inked(row)).count() > 20);
        assert!(!rows.iter().any(|row| is_inked(&row[..25]) || is_inked(&row[281..])), "something is in the margins");
    }
}

#[tokio::test]
async fn what_is_not_there_or_too_large_is_refused() {
    let api = TestApi::new().await;
    for request in ["", "&invoiceid=", "&invoiceid=x", "&invoiceid=7"] {
        api.refuse(&format!("action=GetInvoicePdf{request}"), "Invoice ID Not Found").await;
    }
    api.sql(
        "INSERT INTO tblinvoices (id, userid, status) VALUES (7, 1, 'Unpaid'), (8, 1, 'Unpaid'); \
         INSERT INTO tblinvoiceitems (invoiceid, amount) SELECT 7, 1 FROM information_schema.columns a, \
           (SELECT 1 FROM information_schema.columns LIMIT 100) b LIMIT 2001; \
         INSERT INTO tblinvoiceitems (invoiceid, description) SELECT 8, REPEAT('x', 60000) FROM information_schema.columns LIMIT 9",
    )
    .await;
    for invoice in [7, 8] {
        api.refuse(&format!("action=GetInvoicePdf&invoiceid={invoice}"), "Invoice Too Large").await;
    }
}

#[tokio::test]
async fn at_v1_it_is_the_file_itself_for_those_who_accept_it() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=5").await;
    let file = pdf(&api, 1).await.1;
    let request = async |accept: &str, invoice: i64| {
        let request = Request::post("/v1/GetInvoicePdf")
            .header("authorization", "Bearer TestIdentifier:TestSecret")
            .header("content-type", "application/json")
            .header("accept", accept)
            .body(Body::from(format!("{{\"invoiceid\":{invoice}}}")))
            .unwrap();
        let response = api.router.clone().oneshot(request).await.unwrap();
        let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let headers = (response.status().as_u16(), header("content-type"), header("content-disposition"));
        (headers, to_bytes(response.into_body(), usize::MAX).await.unwrap())
    };
    let ((status, media_type, disposition), body) = request("application/pdf", 1).await;
    assert_eq!((status, media_type.as_str()), (200, "application/pdf"));
    assert_eq!((disposition.as_str(), &body[..]), ("attachment; filename=\"invoice-1.pdf\"", &file[..]));
    let ((status, media_type, _), body) = request("application/json", 1).await;
    assert_eq!((status, media_type.as_str(), body[0]), (200, "application/json", b'{'));
    let ((status, media_type, _), _) = request("application/pdf", 2).await;
    assert_eq!((status, media_type.as_str()), (404, "application/problem+json"));
}

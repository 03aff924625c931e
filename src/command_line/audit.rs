//! `whmcs-api audit`: checks the books.

use anyhow::bail;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::mysql::MySqlConnection;

use super::print;
use crate::audit::{self, Report, Rule};

#[derive(Args)]
pub struct Arguments {
    /// "text", "json" for one finding per line, or "prometheus" for the number of findings by rule
    #[arg(long, default_value = "text")]
    format: Format,
    /// Ignore violations of this rule, such as "paid" if invoices are set to Paid without a payment
    #[arg(long = "ignore", value_name = "RULE")]
    ignored: Vec<Rule>,
    /// Succeed even if there is nothing to check, as in a new database
    #[arg(long)]
    allow_empty: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Prometheus,
}

/// Prints the findings, and fails if there are any.
pub async fn run(db: &mut MySqlConnection, arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { format, ignored, allow_empty } = arguments;
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} clients and invoices, {eta} left")?;
    // The progress bar is drawn on terminals only.
    let bar = ProgressBar::new(0).with_style(style);
    let report = audit::run(db, |done, all| {
        bar.set_length(all.unsigned_abs());
        bar.set_position(done.unsigned_abs());
    });
    let mut report = report.await?;
    report.findings.retain(|finding| !ignored.contains(&finding.rule));
    bar.finish_and_clear();
    let findings = &report.findings;
    match format {
        Format::Text => {
            print(&extent(&report))?;
            findings.iter().try_for_each(|finding| print(&format!("{} {}\n", finding.subject, finding.violation)))?;
            if findings.is_empty() && !report.is_empty() {
                print("The books are in order.\n")?;
            }
        }
        Format::Json => {
            eprint!("{}", extent(&report));
            findings.iter().try_for_each(|finding| print(&format!("{}\n", serde_json::to_string(finding)?)))?;
        }
        Format::Prometheus => print_gauges(&report)?,
    }
    match findings.len() {
        0 if report.is_empty() && !allow_empty => {
            bail!("there is nothing to check, no client and no invoice: is this the right database? (--allow-empty)")
        }
        0 => Ok(()),
        1 => bail!("1 inconsistency found"),
        count => bail!("{count} inconsistencies found"),
    }
}

/// Formats the numbers of rows that an audit has checked.
fn extent(report: &Report) -> String {
    let Report { clients, credit_entries, payments, invoices, lines, .. } = report;
    format!(
        "Looked at {clients} clients with {credit_entries} credit entries, {invoices} invoices with {lines} lines, and \
         {payments} payments.\n"
    )
}

/// Prints the findings, and how much was checked, as metrics for the textfile collector of Prometheus's node exporter.
fn print_gauges(report: &Report) -> anyhow::Result<()> {
    print("# HELP whmcs_api_audit_findings Number of findings of an audit of the books, by the violated rule.\n")?;
    print("# TYPE whmcs_api_audit_findings gauge\n")?;
    let mut counts = audit::counts(&report.findings);
    counts.try_for_each(|(rule, count)| print(&format!("whmcs_api_audit_findings{{rule=\"{rule}\"}} {count}\n")))?;
    print("# HELP whmcs_api_audit_checked Number of rows that an audit of the books has checked, by what they are.\n")?;
    print("# TYPE whmcs_api_audit_checked gauge\n")?;
    let checked = report.checked();
    checked.iter().try_for_each(|(of, count)| print(&format!("whmcs_api_audit_checked{{of=\"{of}\"}} {count}\n")))
}

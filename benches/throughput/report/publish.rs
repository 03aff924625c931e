//! Puts the results where people read them: the table and the chart of docs/performance.md.

use std::fs;

use anyhow::Context;

use super::Report;
use super::chart;

const DOCUMENT: &str = "docs/performance.md";
const CHART: &str = "docs/images/throughput.svg";
const BEGIN: &str = "<!-- whmcs-api bench -->";
const END: &str = "<!-- end -->";

/// Replaces the chart, and what stands between the marks in the document.
pub fn publish(report: &Report) -> anyhow::Result<()> {
    fs::write(CHART, chart::svg(report)).context(CHART)?;
    let text = fs::read_to_string(DOCUMENT).context(DOCUMENT)?;
    let text = between_marks(&text, &report.markdown()).with_context(|| format!("{DOCUMENT} has no marks"))?;
    fs::write(DOCUMENT, text).context(DOCUMENT)
}

fn between_marks(text: &str, new: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{new}{END}{after}"))
}

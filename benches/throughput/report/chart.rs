//! The ratios as an SVG image, without scripts and readable on light and dark pages.

use std::fmt::Write;

use super::Report;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 160.0;
const BARS: f64 = 440.0;
const ROW: f64 = 34.0;
const TOP: f64 = 56.0;

/// A bar for each action: its ratio to bare SQL, with a line at 100 %.
pub fn svg(report: &Report) -> String {
    #[expect(clippy::cast_precision_loss)]
    let rows = report.actions.len() as f64;
    let height = TOP + rows * ROW + 30.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Calls answered over HTTP, against the same statements over bare connections\">\n\
         <style>text{{font:13px system-ui,sans-serif;fill:#57606a}}.strong{{font-weight:600}}\
         .bare{{fill:#8c959f33}}.http{{fill:#2f81f7}}@media(prefers-color-scheme:dark){{text{{fill:#9198a1}}}}</style>\n\
         <text class=\"strong\" x=\"0\" y=\"18\">Calls over HTTP against the same statements over bare SQL connections</text>\n\
         <text x=\"0\" y=\"38\">{}</text>\n",
        report.machine
    );
    for (index, measured) in (0_u32..).zip(&report.actions) {
        let y = TOP + f64::from(index) * ROW;
        let ratio = measured.main().ratio.median;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect class=\"bare\" x=\"{LEFT}\" y=\"{y}\" width=\"{BARS}\" height=\"22\" rx=\"3\"/>\
             <rect class=\"http\" x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"22\" rx=\"3\"/>\
             <text x=\"{}\" y=\"{}\">{:.0} % · {:.0}/s</text>",
            LEFT - 10.0,
            y + 16.0,
            measured.action,
            BARS * ratio.min(1.0),
            LEFT + BARS + 10.0,
            y + 16.0,
            ratio * 100.0,
            measured.main().per_second.median
        );
    }
    svg.push_str("</svg>\n");
    svg
}

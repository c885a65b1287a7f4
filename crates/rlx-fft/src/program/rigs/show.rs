//! A comparison as text and as Markdown.

use super::compare::{Comparison, Row, Verdict};
use rlx_io::write::escaped;
use std::fmt::Write;

/// Returns the rows to list: those that became faster or slower, the greatest change first; with `all`, every one.
fn listed(comparison: &Comparison, all: bool) -> Vec<&Row> {
    let changed = |row: &&Row| all || matches!(row.verdict, Verdict::Faster | Verdict::Slower);
    let mut rows: Vec<&Row> = comparison.rows.iter().filter(changed).collect();
    if !all {
        let change = |row: &Row| row.ratio.map_or(0.0, |ratio| ratio.ln());
        rows.sort_by(|a, b| change(a).total_cmp(&change(b)));
    }
    rows
}

/// Text of the cells of a row.
fn cells(row: &Row) -> [String; 9] {
    let digits = if row.unit == "rows" { 0 } else { 4 };
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
    let size = |value: u64| if value == 0 { "-".to_owned() } else { value.to_string() };
    [
        row.bench.clone(),
        escaped(&row.name).into_owned(),
        size(row.n_fft),
        size(row.batch),
        size(row.k),
        number(row.a),
        number(row.b),
        row.ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
        row.verdict.name().to_owned(),
    ]
}

const HEAD: [&str; 9] = ["bench", "row", "n_fft", "batch", "k", "A", "B", "ratio", "B is"];
const SUMMARY: [&str; 7] = ["bench", "compared", "faster", "slower", "same", "unmatched", "mean ratio"];

fn summary(comparison: &Comparison) -> Vec<Vec<String>> {
    let line = |bench: &super::compare::Bench| {
        let mean = bench.mean_ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}"));
        let counts = [bench.compared, bench.faster, bench.slower, bench.same, bench.unmatched];
        let counts = counts.into_iter().map(|count| count.to_string());
        std::iter::once(bench.bench.clone()).chain(counts).chain([mean]).collect()
    };
    comparison.benches.iter().map(line).collect()
}

fn sides(comparison: &Comparison) -> [String; 2] {
    [("A", &comparison.a), ("B", &comparison.b)].map(|(name, side)| {
        let of = [side.device.as_str(), side.machine.as_str()];
        let of = of.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        format!("{name}: {} ({})", escaped(&side.file), escaped(&of))
    })
}

fn meaning(comparison: &Comparison) -> String {
    format!(
        "Times in ms (max-batch: rows). Ratio: how many times as good B is. Differences up to {:.0} % and overlapping \
         ranges count as the same.",
        100.0 * comparison.threshold
    )
}

/// Returns lines with columns of even width: the first two to the left, numbers to the right.
fn aligned(head: &[&str], rows: &[Vec<String>], left: usize) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: Vec<&str>| {
        let mut parts = Vec::new();
        for (column, cell) in cells.into_iter().enumerate() {
            let width = widths[column];
            parts.push(if column < left { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        }
        let _ = writeln!(text, "{}", parts.join("  ").trim_end());
    };
    line(head.to_vec());
    rows.iter().for_each(|row| line(row.iter().map(String::as_str).collect()));
    text
}

/// Returns the comparison as text.
pub(crate) fn text(comparison: &Comparison, all: bool) -> String {
    let rows: Vec<Vec<String>> = listed(comparison, all).into_iter().map(|row| cells(row).to_vec()).collect();
    let [a, b] = sides(comparison);
    let mut text = format!("{a}\n{b}\n{}\n\n", meaning(comparison));
    text.push_str(&aligned(&SUMMARY, &summary(comparison), 1));
    text.push('\n');
    if rows.is_empty() {
        text.push_str("nothing became faster or slower\n");
    } else {
        text.push_str(&aligned(&HEAD, &rows, 2));
    }
    text
}

fn table(head: &[&str], rows: &[Vec<String>], left: usize) -> String {
    let mut text = format!("| {} |\n", head.join(" | "));
    let rule = |column: usize| if column < left { "---" } else { "---:" };
    let _ = writeln!(text, "| {} |", (0..head.len()).map(rule).collect::<Vec<_>>().join(" | "));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// Returns the comparison as Markdown.
pub(crate) fn markdown(comparison: &Comparison, all: bool) -> String {
    let rows: Vec<Vec<String>> = listed(comparison, all).into_iter().map(|row| cells(row).to_vec()).collect();
    let [a, b] = sides(comparison);
    let mut text = format!("- {a}\n- {b}\n\n{}\n\n", meaning(comparison));
    text.push_str(&table(&SUMMARY, &summary(comparison), 1));
    text.push('\n');
    if rows.is_empty() {
        text.push_str("Nothing became faster or slower.\n");
    } else {
        text.push_str(&table(&HEAD, &rows, 2));
    }
    text
}

//! Medians, spreads and ratios: as text for people, and as JSON.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

/// What became of one work on one runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which work.
    pub work: String,
    /// Which runtime, or program.
    pub runtime: String,
    /// What the numbers are; lower is better.
    pub unit: &'static str,
    /// The middle one, or the mean of the middle two.
    pub median: f64,
    /// The best round.
    pub min: f64,
    /// The worst round.
    pub max: f64,
    /// How many rounds there were.
    pub rounds: usize,
}

impl Row {
    /// Of some rounds; none if there was none.
    ///
    /// ```
    /// let row = peers::table::Row::new("yield-1", "roundabout", "ns", vec![9.0, 1.0, 3.0, 5.0]).unwrap();
    /// assert_eq!((row.min, row.median, row.max, row.rounds), (1.0, 4.0, 9.0, 4));
    /// ```
    pub fn new(work: &str, runtime: &str, unit: &'static str, mut rounds: Vec<f64>) -> Option<Row> {
        rounds.sort_by(f64::total_cmp);
        let (min, max) = (*rounds.first()?, *rounds.last()?);
        let n = rounds.len();
        let median = f64::midpoint(rounds[(n - 1) / 2], rounds[n / 2]);
        Some(Row { work: work.to_owned(), runtime: runtime.to_owned(), unit, median, min, max, rounds: n })
    }

    fn json(&self) -> String {
        let Row { work, runtime, unit, median, min, max, rounds } = self;
        json!({
            "work": work, "runtime": runtime, "unit": unit,
            "median": median, "min": min, "max": max, "rounds": rounds,
        })
        .to_string()
    }
}

/// Writes a JSON object a line.
///
/// # Errors
/// The file's.
pub fn write_json(path: &Path, rows: &[Row]) -> io::Result<()> {
    let mut file = io::BufWriter::new(File::create(path)?);
    for row in rows {
        writeln!(file, "{}", row.json())?;
    }
    file.flush()
}

/// One work, with all its runtimes, the first of them being ours: median, least and most, and the ratio to ours.
pub fn print_work(rows: &[Row]) {
    let Some(first) = rows.first() else { return };
    println!("\n{:<26}{:>11}{:>11}{:>11}{:>11}", first.work, first.unit, "min", "max", "to ours");
    for row in rows {
        let [median, min, max] = [row.median, row.min, row.max].map(number);
        println!(
            "  {:<24}{median:>11}{min:>11}{max:>11}{:>11}",
            row.runtime,
            ratio(row.median, first.median)
        );
    }
}

/// All works in a table that Markdown takes: ours as it is, the others as how many times ours they take.
pub fn print_summary(rows: &[Row], runtimes: &[&str]) {
    let Some((ours, others)) = runtimes.split_first() else { return };
    println!("\n| work | unit | {ours} | {} |", others.join(" | "));
    println!("| --- | --- |{}", " ---: |".repeat(runtimes.len()));
    let mut works: Vec<&str> = rows.iter().map(|row| row.work.as_str()).collect();
    works.dedup();
    for work in works {
        let find = |runtime: &str| rows.iter().find(|row| row.work == work && row.runtime == runtime);
        let Some(first) = find(ours) else { continue };
        let cells: Vec<_> = others
            .iter()
            .map(|runtime| find(runtime).map_or("–".to_owned(), |row| ratio(row.median, first.median)))
            .collect();
        println!("| {work} | {} | {} | {} |", first.unit, number(first.median), cells.join(" | "));
    }
}

fn ratio(theirs: f64, ours: f64) -> String {
    if ours == 0.0 { "–".to_owned() } else { format!("{:.2}", theirs / ours) }
}

/// Three digits that mean something, and no more.
fn number(n: f64) -> String {
    match n.abs() {
        ..10.0 => format!("{n:.2}"),
        ..100.0 => format!("{n:.1}"),
        _ => format!("{n:.0}"),
    }
}

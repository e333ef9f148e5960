//! `report ROWS DOCS`: reads the rows in the file `ROWS`, writes `performance.md` and the charts in `performance/` in
//! the folder `DOCS`, and prints a line for each target. Only what is between the two markers in `performance.md` is
//! replaced. Fails if something was not measured.

mod charts;
mod data;
mod machine;
mod tables;
mod targets;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use data::Data;

const BEGIN: &str = "<!-- compare: begin -->";
const END: &str = "<!-- compare: end -->";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, rows, docs] = &arguments[..] else { panic!("report ROWS DOCS") };
    let data = Data::read(&fs::read_to_string(rows).expect("the rows"));
    let docs = Path::new(docs);
    let charts = docs.join("performance");
    fs::create_dir_all(&charts).expect("the folder of the charts");

    let (targets, missing) = targets::judge(&data);
    let mut text = machine::describe(&data);
    text += &targets::table(&targets, &missing);
    text += &tables::all(&data, &charts);
    insert(&docs.join("performance.md"), &text);

    targets.iter().for_each(|target| println!("{}", target.line()));
    for error in &data.errors {
        eprintln!("could not be measured: {error:?}");
    }
    missing.iter().for_each(|name| eprintln!("could not be judged: {name}"));
    if missing.is_empty() && data.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Puts the text between the markers, and these at the end if they are not there.
fn insert(file: &Path, text: &str) {
    let old = fs::read_to_string(file).unwrap_or_else(|_| "# Performance\n\n".into());
    let (before, after) = match old.split_once(BEGIN) {
        Some((before, rest)) => (before, rest.split_once(END).expect("the second marker").1),
        None => (old.as_str(), "\n"),
    };
    let gap = if before.ends_with("\n\n") || before.is_empty() { "" } else { "\n" };
    fs::write(file, format!("{before}{gap}{BEGIN}\n{text}{END}{after}")).expect("performance.md");
}

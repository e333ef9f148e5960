//! `report ROWS DOCS`: reads the rows in the file `ROWS`, writes `performance.md` and the charts in `performance/` in
//! the folder `DOCS`, and prints a line for each target. Only what is between the two markers in `performance.md` is
//! replaced. Fails if something was not measured.

mod charts;
mod data;
mod deflate;
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
    let file = docs.join("performance.md");
    let old = fs::read_to_string(&file).unwrap_or_else(|_| "# Performance\n".into());
    fs::write(&file, insert(&old, &text)).expect("performance.md");

    targets.iter().for_each(|target| println!("{}", target.line()));
    for error in &data.errors {
        eprintln!("could not be measured: {error:?}");
    }
    missing.iter().for_each(|name| eprintln!("could not be judged: {name}"));
    if missing.is_empty() && data.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Puts the text between the markers, and these at the end if they are not there.
fn insert(old: &str, text: &str) -> String {
    match old.split_once(BEGIN) {
        None => format!("{}\n\n{BEGIN}\n{text}{END}\n", old.trim_end()),
        Some((before, rest)) => {
            let (_, after) = rest.split_once(END).expect("the second marker");
            format!("{before}{BEGIN}\n{text}{END}{after}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let first = insert("# Title\n\nby hand\n", "one\n");
        assert_eq!(first, format!("# Title\n\nby hand\n\n{BEGIN}\none\n{END}\n"));
        let more = first.clone() + "\nmore by hand\n";
        assert_eq!(insert(&more, "two\n"), more.replace("one", "two"));
    }
}

//! docs/conformance.md has a line for every requirement, and what it says of the tests is true.

use std::path::Path;
use std::{fs, io};

fn read(path: &str) -> io::Result<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
}

/// Whether a file has a test of that name.
fn has_test(path: &str, name: &str) -> bool {
    let Ok(source) = read(path) else { return false };
    let mut is_test = false;
    source.lines().map(str::trim_start).any(|line| {
        let function = line.strip_prefix("fn ").and_then(|rest| rest.split('(').next());
        let found = is_test && function == Some(name);
        is_test = line == "#[test]" || is_test && function.is_none();
        found
    })
}

/// What is wrong with one of the tests that a line names; `file::test`, or `module::tests::test` in src.
fn judge_test(item: &str) -> Option<String> {
    let found = match item.rsplit_once("::tests::") {
        Some((module, test)) => {
            let module = module.replace("::", "/");
            [".rs", "/mod.rs", "/tests.rs"].iter().any(|end| has_test(&format!("src/{module}{end}"), test))
        }
        None => item.split_once("::").is_some_and(|(file, test)| {
            has_test(&format!("tests/{file}.rs"), test.rsplit("::").next().unwrap_or(test))
        }),
    };
    (!found).then(|| format!("no such test: {item}"))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Tested,
    NotApplicable,
    Open,
}

/// What the last column says, and what is wrong with it.
fn judge(how: &str) -> (Verdict, Vec<String>) {
    for (prefix, verdict) in [("n/a:", Verdict::NotApplicable), ("open:", Verdict::Open)] {
        if let Some(reason) = how.strip_prefix(prefix) {
            let missing = reason.trim().is_empty().then(|| "no reason".to_string());
            return (verdict, missing.into_iter().collect());
        }
    }
    let is_case =
        |case: &str| !case.is_empty() && case.chars().all(|c| c.is_ascii_digit() || ".-".contains(c));
    let (cases, tests): (Vec<_>, Vec<_>) =
        how.split(", ").partition(|item| item.strip_prefix("Autobahn ").is_some_and(is_case));
    let mut problems: Vec<_> = tests.iter().filter_map(|test| judge_test(test)).collect();
    if tests.is_empty() {
        problems.push(format!("{cases:?} and no test"));
    }
    (Verdict::Tested, problems)
}

#[test]
fn every_requirement_has_its_line() {
    let (document, ids) = (read("docs/conformance.md").unwrap(), read("tests/requirements.txt").unwrap());
    let ids: Vec<_> = ids.lines().collect();
    let (mut problems, mut seen, mut verdicts) = (Vec::new(), Vec::new(), Vec::new());
    for line in document.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id |")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, requirement, how] = cells[..] else {
            problems.push(format!("not three columns: {line}"));
            continue;
        };
        seen.push(id);
        let (verdict, wrong) = judge(how);
        verdicts.push(verdict);
        problems.extend(wrong.iter().map(|what| format!("{id}: {what}")));
        if !(1..=100).contains(&requirement.chars().count()) {
            problems.push(format!("{id}: a requirement has 1 to 100 characters"));
        }
        if !ids.contains(&id) {
            problems.push(format!("{id}: not in tests/requirements.txt"));
        }
    }
    for id in &ids {
        let lines = seen.iter().filter(|seen| *seen == id).count();
        if lines != 1 {
            problems.push(format!("{id}: {lines} lines"));
        }
    }
    let count = |verdict| verdicts.iter().filter(|one| **one == verdict).count();
    let (tested, not_applicable, open) =
        (count(Verdict::Tested), count(Verdict::NotApplicable), count(Verdict::Open));
    let numbers = format!(
        "Of {} requirements {tested} are tested, {not_applicable} are not applicable and {open} are open.",
        ids.len()
    );
    if !document.lines().any(|line| line == numbers) {
        problems.push(format!("the line is missing: {numbers}"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

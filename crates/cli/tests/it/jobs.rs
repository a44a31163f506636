//! What was run, as a person looks it up.

use crate::shop::Shop;
use crate::without_ids;

/// Times and ids differ from run to run.
fn steady(text: &str) -> String {
    let moment =
        |word: &str| word.len() >= 8 && word.contains(['-', ':']) && word.starts_with(|c: char| c.is_ascii_digit());
    let words = text.split(' ').map(|word| {
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        if moment(word) { word.chars().map(digits).collect() } else { word.to_owned() }
    });
    without_ids(&words.collect::<Vec<String>>().join(" "))
}

#[test]
fn jobs_are_listed_and_shown() {
    let shop = Shop::new();
    let run = |arguments: &[&str]| shop.run(&[arguments, &["--database", "sqlite:shop.db"]].concat());
    let (_, out, _) = run(&["jobs"]);
    assert_eq!(out, "There are no such jobs.\n");
    run(&["run", "Artist", "Update", "--id", "1", "--set", "Name=2024"]);
    run(&["run", "Artist", "Update", "--id", "1", "--set", "ArtistId=2"]);
    let (code, out, _) = run(&["jobs"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(steady(&out));
    let (_, complete, _) = run(&["jobs", "--state", "complete", "--json"]);
    let complete: serde_json::Value = serde_json::from_str(&complete).unwrap();
    assert_eq!(complete["jobs"].as_array().unwrap().len(), 1);
    let (code, out, _) = run(&["jobs", complete["jobs"][0]["id"].as_str().unwrap()]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(steady(&out));
    let (code, _, error) = run(&["jobs", "job_00000000000000000000000000000000"]);
    assert_eq!(code, 4);
    insta::assert_snapshot!(error);
}

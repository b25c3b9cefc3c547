//! Finds the answers. See `src/main.rs`.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=COURSEWORK_ANSWERS");
    println!("cargo::rerun-if-env-changed=COURSEWORK_ONLY");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let usual = here.join("../answers");
    let other = env::var_os("COURSEWORK_ANSWERS").map(PathBuf::from);
    let answers = other.as_deref().unwrap_or(&usual);
    // Watched whole: a file may come or go.
    if answers.is_dir() {
        println!("cargo::rerun-if-changed={}", answers.display());
    } else if let Some(parent) = answers.parent() {
        println!("cargo::rerun-if-changed={}", parent.display());
    }
    // Only these answers, or all: an answer that does not compile shall not keep the others from being checked.
    let only = env::var("COURSEWORK_ONLY").ok();
    let wanted =
        |number: &str| only.as_ref().is_none_or(|only| only.split(',').any(|wanted| wanted == number));

    let exercises = exercises(&here.join("src"));
    let numbers: Vec<String> = exercises.iter().map(|(number, _)| format!("{number:?}")).collect();
    println!("cargo::rustc-check-cfg=cfg(answered, values({}))", numbers.join(","));
    println!("cargo::rustc-check-cfg=cfg(overlay)");
    let mut overlay = String::new();
    for (number, name) in &exercises {
        let answer = answers.join(format!("{name}.rs"));
        let is_answered = wanted(number) && answer.is_file();
        let file = if is_answered { answer } else { here.join(format!("src/{name}.rs")) };
        if is_answered && other.is_none() {
            println!("cargo::rustc-cfg=answered={number:?}");
        }
        overlay += &format!("#[path = {file:?}]\nmod {name};\n");
    }
    if other.is_some() {
        println!("cargo::rustc-cfg=overlay");
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
        fs::write(out.join("overlay.rs"), overlay).expect("cargo's folder can be written");
    }
}

/// The number and the name of each: `07` and `e07_wakes`.
fn exercises(src: &Path) -> Vec<(String, String)> {
    let files = fs::read_dir(src).expect("the exercises are there");
    let mut found: Vec<_> = files
        .filter_map(|file| {
            let name = file.ok()?.file_name().into_string().ok()?;
            let name = name.strip_suffix(".rs")?;
            let number = name.strip_prefix('e')?.get(..2)?;
            number.parse::<u8>().ok().map(|_| (number.to_owned(), name.to_owned()))
        })
        .collect();
    found.sort();
    found
}

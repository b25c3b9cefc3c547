//! What the lessons say beside what they measure.

use std::path::Path;

use demo::lesson::LESSONS;

#[test]
fn every_file_that_a_lesson_points_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    for lesson in LESSONS {
        assert!(!lesson.read.is_empty(), "{} points nowhere", lesson.name);
        for (file, _) in lesson.read {
            assert!(root.join(file).exists(), "{} points to {file}", lesson.name);
        }
    }
}

#[test]
fn every_claim_of_the_lecture_has_its_lesson_in_its_order() {
    let names: Vec<_> = LESSONS.iter().map(|lesson| lesson.name).collect();
    let all = "coroutine event-loop cooperative preemptive freeze models mutex semaphore barrier ten-thousand \
               debugging compatibility cancel download";
    assert_eq!(names.join(" "), all);
}

#[test]
fn every_claim_is_one_to_three_sentences() {
    for lesson in LESSONS {
        let sentences = lesson.claim.split(['.', '!', '?']).filter(|text| !text.trim().is_empty()).count();
        assert!((1..=3).contains(&sentences), "{}: {}", lesson.name, lesson.claim);
        assert!(lesson.claim.ends_with('.'), "{}", lesson.name);
    }
}

//! Counting tests in what cargo and libtest print.
//!
//! What belongs here: reading the lines `Running …` and `test result: …`, and adding them up.

/// What one run of `cargo test` came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
    /// Passed or failed in the test programs that were asked for by name.
    pub(crate) ran_in_suite: u64,
    in_suite: bool,
}

impl Tally {
    /// Takes in one line of the merged output. `suite` names the test programs to count apart.
    pub(crate) fn read(&mut self, line: &str, suite: &[String]) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(program) = started_program(line) {
            self.in_suite = suite.iter().any(|name| name == program);
        } else if line.starts_with("Doc-tests ") {
            self.in_suite = false;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            let (passed, failed) = (count(result, "passed"), count(result, "failed"));
            self.passed += passed;
            self.failed += failed;
            self.ignored += count(result, "ignored");
            if self.in_suite {
                self.ran_in_suite += passed + failed;
            }
        }
    }
}

/// `Running tests/suite/main.rs (target/debug/deps/suite-0a1b2c3d4e5f6071)` → `suite`
fn started_program(line: &str) -> Option<&str> {
    let (_, path) = line.strip_prefix("Running ")?.strip_suffix(')')?.rsplit_once('(')?;
    let file = path.rsplit(['/', '\\']).next()?;
    Some(file.rsplit_once('-').map_or(file, |(name, _hash)| name))
}

/// The number before `word` in `ok. 12 passed; 0 failed; 1 ignored; …`.
fn count(result: &str, word: &str) -> u64 {
    let words: Vec<&str> = result.split([' ', ';']).collect();
    words.windows(2).find(|pair| pair[1] == word).and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// The line without terminal escape sequences (`ESC [ … letter` and `ESC ( letter`).
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
        } else if characters.next() == Some('[') {
            let _ = characters.find(char::is_ascii_alphabetic);
        } else {
            let _ = characters.next();
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line, &["suite".to_owned()]));
        tally
    }

    #[test]
    fn adds_up_programs_and_knows_the_suite_among_them() {
        let found = tally(
            "     Running unittests src/lib.rs (target/debug/deps/pobratim_domain-0a1b2c3d4e5f6071)\n\
             test result: ok. 40 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
             \u{1b}[0m\u{1b}[0m\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m suite/main.rs (/elsewhere/deps/suite-00ff00ff00ff00ff)\n\
             test result: \u{1b}[31mFAILED\u{1b}(B\u{1b}[m. 7 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.01s\n\
             \u{20}  Doc-tests pobratim_domain\n\
             test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
        );
        assert_eq!((found.passed, found.failed, found.ignored, found.ran_in_suite), (48, 3, 2, 10));
    }

    #[test]
    fn a_suite_whose_tests_were_all_filtered_out_did_not_run() {
        let found = tally(
            "     Running suite/main.rs (target/debug/deps/suite-00ff00ff00ff00ff)\n\
             test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 90 filtered out; finished in 0.00s\n\
             \u{20}    Running tests/suite_compose.rs (target/debug/deps/suite_compose-00ff00ff00ff00ff)\n\
             test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
        );
        assert_eq!((found.passed, found.ran_in_suite), (5, 0));
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(tally("running 3 tests\ntest a ... ok\n12 passed\n\u{1b}"), Tally::default());
    }
}

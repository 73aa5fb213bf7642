//! `cargo xtask docs-page`: the pages for people, seen in a browser.
//!
//! What belongs here: what a person does on them, and what must hold: the page works under its
//! Content-Security-Policy, asks nobody else for anything, complains of nothing, and fits a desk
//! and a phone. With `--pictures FOLDER` it leaves pictures to look at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::demo::Demo;
use crate::webdriver::Browser;
use crate::{Result, say};

/// A desk's window and a phone's: name, width, height.
const WINDOWS: [(&str, u32, u32); 2] = [("desk", 1280, 900), ("phone", 390, 844)];

/// Public and full of the demo's data.
const PUBLIC: &str = "#operations-partnerships-list_partnerships";
/// Answers only to a key.
const KEYED: &str = "#operations-directory-get_me";

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let pictures = match arguments {
        [] => None,
        [option, folder] if option == "--pictures" => Some(PathBuf::from(folder)),
        _ => return Err("usage: `cargo xtask docs-page [--pictures FOLDER]`".to_owned()),
    };
    check(pictures.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Looks at the pages of a served demo.
pub(crate) fn check(pictures: Option<&Path>) -> Result<()> {
    let demo = Demo::start(&[("POBRATIM_RATE_LIMIT", "off"), ("POBRATIM_LOG", "warn")])?;
    for (window, width, height) in WINDOWS {
        let browser = Browser::start()?;
        browser.resize(width, height)?;
        let visit = Visit { demo: &demo, browser, window, pictures };
        visit.home()?;
        visit.docs()?;
        visit.quiet()?;
        say(&format!("docs-page: {window}, {width} px wide: good"));
    }
    Ok(())
}

/// One window's visit.
struct Visit<'d> {
    demo: &'d Demo,
    browser: Browser,
    window: &'static str,
    pictures: Option<&'d Path>,
}

impl Visit<'_> {
    /// `/` says where one is and leads on.
    fn home(&self) -> Result<()> {
        self.browser.open(&format!("{}/", self.demo.url()))?;
        self.browser.wait_for("document.querySelectorAll('a[href]').length > 3")?;
        self.fits("/")?;
        self.picture("home")
    }

    /// `/docs`: an operation is opened, sent, answered; a key is given, and works.
    fn docs(&self) -> Result<()> {
        self.browser.open(&format!("{}/docs", self.demo.url()))?;
        self.browser.wait_for("document.querySelectorAll('.opblock-tag').length > 7")?;
        self.picture("docs")?;
        self.fits("/docs")?;
        self.execute(PUBLIC)?;
        self.answered(PUBLIC, "PAR-0001")?;
        self.scroll_to(&format!("{PUBLIC} .opblock-summary"))?;
        self.picture("docs-operation")?;
        self.scroll_to(&format!("{PUBLIC} .live-responses-table"))?;
        self.picture("docs-answer")?;
        self.fits("/docs with an answer")?;
        self.authorize()?;
        self.execute(KEYED)?;
        self.answered(KEYED, "Demo")
    }

    fn authorize(&self) -> Result<()> {
        self.scroll_to(".scheme-container")?;
        self.browser.click(".scheme-container .btn.authorize")?;
        self.browser.wait_for("document.querySelector('.modal-ux input')")?;
        self.picture("docs-authorize")?;
        self.fits("/docs while a key is given")?;
        self.browser.type_into(".modal-ux input", self.demo.key())?;
        self.browser.click(".modal-ux .btn.modal-btn.auth.authorize")?;
        self.browser.click(".modal-ux .btn-done")
    }

    fn execute(&self, operation: &str) -> Result<()> {
        // `#operations-partnerships-list_partnerships` is in the group `#operations-tag-partnerships`.
        let group = format!("#operations-tag-{}", operation.split('-').nth(1).unwrap_or_default());
        self.scroll_to(&group)?;
        self.browser.click(&group)?;
        self.scroll_to(&format!("{operation} .opblock-summary"))?;
        self.browser.click(&format!("{operation} .opblock-summary-control"))?;
        let execute = format!("{operation} .btn.execute");
        self.browser.wait_for(&format!("document.querySelector({})", json!(execute)))?;
        self.scroll_to(&execute)?;
        self.browser.click(&execute)
    }

    /// The body of the answer stands on the page.
    fn answered(&self, operation: &str, words: &str) -> Result<()> {
        let body = format!("{operation} .live-responses-table");
        self.browser.wait_for(&format!(
            "(document.querySelector({})?.textContent ?? '').includes({})",
            json!(body),
            json!(words)
        ))
    }

    /// Nothing is cut off to the right, and nobody has to push the page sideways.
    fn fits(&self, place: &str) -> Result<()> {
        let wide = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)";
        let over = self.browser.eval(&format!("{wide} - document.documentElement.clientWidth"))?;
        if over.as_i64() == Some(0) {
            return Ok(());
        }
        let culprits = self.browser.eval(
            "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > \
             document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.tagName + '.' + e.className).join(' ')",
        )?;
        Err(format!("{place} is {over} px wider than the window of the {}: {culprits}", self.window))
    }

    /// No complaint on the console, and no request to anybody else.
    fn quiet(&self) -> Result<()> {
        let complaints: Vec<Value> = self.browser.log("browser")?;
        // Errors and refusals by the policy are severe; Swagger UI's own remarks are not.
        if let Some(first) = complaints.iter().find(|entry| entry["level"] == "SEVERE") {
            return Err(format!("the console says: {}", first["message"].as_str().unwrap_or_default()));
        }
        let mut own = 0;
        for entry in self.browser.log("performance")? {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or_default()).unwrap_or(Value::Null);
            if message["message"]["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let asked = &message["message"]["params"];
            let address = asked["request"]["url"].as_str().unwrap_or_default();
            // The browser's own first page is of the browser.
            let of_browser = asked["documentURL"].as_str().is_some_and(|page| page.starts_with("chrome:"));
            let is_inside = of_browser || address.starts_with("data:") || address.starts_with("blob:");
            if address.starts_with(&format!("{}/", self.demo.url())) {
                own += 1;
            } else if !is_inside {
                return Err(format!("the page asked {address}"));
            }
        }
        // A network log without the page itself would prove nothing.
        if own > 5 { Ok(()) } else { Err(format!("the browser noted {own} requests only")) }
    }

    fn scroll_to(&self, selector: &str) -> Result<()> {
        let selector = json!(selector);
        self.browser.eval(&format!("document.querySelector({selector})?.scrollIntoView({{block: 'start'}})")).map(drop)
    }

    fn picture(&self, name: &str) -> Result<()> {
        let Some(folder) = self.pictures else { return Ok(()) };
        let file = folder.join(format!("{name}-{}.png", self.window));
        let bytes = decode(&self.browser.picture()?);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&file, bytes))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    }
}

/// Base64, as a driver sends pictures.
fn decode(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for value in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        bits = (bits << 6) | u32::try_from(value).unwrap_or_default();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_be_bytes()[3]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_read() {
        assert_eq!(decode("UG9icmF0aW0="), b"Pobratim");
        assert_eq!(decode("/+8="), [0xff, 0xef]);
    }
}

//! Writes a sample report in every form into a folder, to look at: `cargo run -p pobratim-reports
//! --example sample -- target/sample`.

use std::{env, error::Error, fs, path::PathBuf};

use pobratim_reports::{self as reports, render};

#[expect(clippy::expect_used, reason = "what is parsed there stands there")]
mod report;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or("usage: sample FOLDER")?);
    fs::create_dir_all(&folder)?;
    let sample = report::report();
    fs::write(folder.join("report.html"), render::html(&sample)?)?;
    fs::write(folder.join("report.md"), render::markdown(&sample))?;
    fs::write(folder.join("report.docx"), render::docx(&sample)?)?;
    for (name, chart) in [("bars.svg", report::bars()), ("map.svg", report::map())] {
        fs::write(folder.join(name), render::svg(&chart, &sample.lang)?)?;
    }
    Ok(())
}

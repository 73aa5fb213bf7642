//! A browser to look at pages with: Debian's Chromium, driven over WebDriver.
//!
//! What belongs here: starting the driver, and the few of its commands that are needed. WebDriver
//! is JSON over plain HTTP on loopback, so no library is wanted for it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt as _;

use serde_json::{Value, json};

use crate::{Result, process, programs};

/// How long a page may take to come to what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the driver's keeper does: hold it until we let go, then end it, the browser and its folder.
/// A program of its own, because nothing of ours runs after a SIGKILL.
const KEEPER: &str = r#"folder=$1; shift; "$@" & driver=$!; exec >&-; cat >/dev/null; kill $driver; wait $driver; rm -rf "$folder" 2>/dev/null"#;

/// A browser with one window; dropping it closes it.
pub(crate) struct Browser {
    keeper: Child,
    folder: PathBuf,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts the driver and a browser without a screen.
    pub(crate) fn start() -> Result<Self> {
        let driver = programs::chromedriver()?;
        process::go_on()?;
        let folder = std::env::temp_dir().join(format!("pobratim-browser-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(&folder).arg(driver).arg("--port=0").process_group(0);
        let keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let keeper = keeper.map_err(|error| format!("cannot start `sh`: {error}"))?;
        let mut browser = Self { keeper, folder, port: 0, session: String::new() };
        browser.port = browser.read_port().ok_or("the browser's driver did not start")?;
        let capabilities = capabilities(&browser.folder);
        let opened = browser.call("POST", "/session", Some(&capabilities))?;
        browser.session = opened["sessionId"].as_str().ok_or("the browser did not start")?.to_owned();
        Ok(browser)
    }

    fn read_port(&mut self) -> Option<u16> {
        let lines = BufReader::new(self.keeper.stdout.take()?).lines().map_while(std::io::Result::ok);
        lines
            .filter(|line| line.contains("started successfully"))
            .find_map(|line| line.trim_end_matches('.').rsplit(' ').next().and_then(|port| port.parse().ok()))
    }

    /// Makes the window so wide.
    pub(crate) fn resize(&self, width: u32, height: u32) -> Result<()> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics});
        self.within("POST", "/goog/cdp/execute", Some(&command)).map(drop)
    }

    /// Opens an address.
    pub(crate) fn open(&self, address: &str) -> Result<()> {
        self.within("POST", "/url", Some(&json!({"url": address}))).map(drop)
    }

    /// What an expression comes to on the page.
    pub(crate) fn eval(&self, expression: &str) -> Result<Value> {
        self.within("POST", "/execute/sync", Some(&json!({"script": format!("return {expression}"), "args": []})))
    }

    /// Waits until an expression is true on the page.
    pub(crate) fn wait_for(&self, expression: &str) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            process::go_on()?;
            if self.eval(&format!("Boolean({expression})"))? == Value::Bool(true) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("the page did not come to this: {expression}"))
    }

    /// Clicks what a selector finds, as a mouse does: what is hidden or covered cannot be clicked.
    pub(crate) fn click(&self, selector: &str) -> Result<()> {
        self.wait_for(&format!("document.querySelector({})", json!(selector)))?;
        let element = self.element(selector)?;
        self.within("POST", &format!("/element/{element}/click"), Some(&json!({}))).map(drop)
    }

    /// Types into what a selector finds.
    pub(crate) fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.element(selector)?;
        self.within("POST", &format!("/element/{element}/value"), Some(&json!({"text": text}))).map(drop)
    }

    /// What the browser noted since it was asked last: `browser` is the console, `performance` the
    /// network.
    pub(crate) fn log(&self, kind: &str) -> Result<Vec<Value>> {
        let entries = self.within("POST", "/se/log", Some(&json!({"type": kind})))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// A picture of the window, as PNG in base64.
    pub(crate) fn picture(&self) -> Result<String> {
        Ok(self.within("GET", "/screenshot", None)?.as_str().unwrap_or_default().to_owned())
    }

    fn element(&self, selector: &str) -> Result<String> {
        let found = self.within("POST", "/element", Some(&json!({"using": "css selector", "value": selector})))?;
        let id = found.as_object().and_then(|members| members.values().next()).and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| format!("the page has no {selector}"))
    }

    fn within(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        self.call(method, &format!("/session/{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        process::go_on()?;
        let text = request(self.port, method, path, body).map_err(|error| format!("the browser's driver: {error}"))?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| format!("the browser's driver: {error}"))?;
        match answer["value"]["error"].as_str() {
            None => Ok(answer["value"].clone()),
            Some(error) => {
                let message = answer["value"]["message"].as_str().unwrap_or_default();
                Err(format!("the browser: {error}: {}", message.lines().next().unwrap_or_default()))
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = request(self.port, "DELETE", &format!("/session/{}", self.session), None);
        }
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn capabilities(folder: &Path) -> Value {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    // Without a sandbox, because root has none; it sees our own pages only.
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        profile.as_str(),
    ];
    json!({"capabilities": {"alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": {"args": arguments},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }}})
}

fn request(port: u16, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<String> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

//! The driver: so many connections that each ask, wait for the answer, and ask again.
//!
//! It shares the machine with what it measures, so it does little: HTTP/1.1 over plain sockets on
//! one thread, requests written as they are, of answers only the status and the length read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How many ask at once.
pub const CONNECTIONS: usize = 32;

/// Writes the request with this number: numbers are given once in a run.
pub type Script = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What a round came to.
#[derive(Clone, Debug, Default)]
pub struct Round {
    pub seconds: f64,
    /// How long each answer that was wanted took, in microseconds.
    pub latencies: Vec<u32>,
    /// How many were told to come again.
    pub refused: u64,
    /// An answer that nobody expected.
    pub other: Option<String>,
}

/// A GET request.
pub fn get(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{more}\r\n").into_bytes()
}

/// Asks one of some requests in turn.
pub fn in_turn(requests: Vec<Vec<u8>>) -> Script {
    Arc::new(move |number, buffer| {
        let at = usize::try_from(number).unwrap_or_default() % requests.len();
        buffer.extend_from_slice(&requests[at]);
    })
}

/// Asks once.
pub fn ask(address: SocketAddr, request: &[u8]) -> Answer {
    alone(async {
        let mut connection = Connection::open(address).await;
        connection.ask(request).await
    })
}

/// Asks for so long over many connections.
pub fn drive(address: SocketAddr, script: &Script, wanted: u16, time: Duration) -> Round {
    alone(async {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(address).await);
        }
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for connection in connections {
            let script = script.clone();
            tasks.spawn_local(connection.keep_asking(script, wanted, began + time));
        }
        let mut all = Round::default();
        while let Some(one) = tasks.join_next().await {
            let one = one.unwrap();
            all.latencies.extend(one.latencies);
            all.refused += one.refused;
            all.other = all.other.or(one.other);
        }
        all.seconds = began.elapsed().as_secs_f64();
        all
    })
}

fn alone<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tokio::task::LocalSet::new().run_until(work))
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::with_capacity(64 * 1024) }
    }

    async fn keep_asking(mut self, script: Script, wanted: u16, until: Instant) -> Round {
        let mut round = Round::default();
        let mut request = Vec::with_capacity(4096);
        loop {
            request.clear();
            script(NUMBER.fetch_add(1, Ordering::Relaxed), &mut request);
            let began = Instant::now();
            if began >= until {
                return round;
            }
            self.stream.write_all(&request).await.unwrap();
            let (_, end) = self.receive().await;
            match status(&self.read) {
                status if status == wanted => round.latencies.push(micros(began)),
                // A mixed script creates as well.
                201 if wanted == 200 => round.latencies.push(micros(began)),
                503 => round.refused += 1,
                _ => round.other = Some(String::from_utf8_lossy(&self.read[..end.min(2000)]).into_owned()),
            }
            self.read.drain(..end);
        }
    }

    async fn ask(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.unwrap();
        let (head, end) = self.receive().await;
        let answer = Answer {
            status: status(&self.read),
            head: String::from_utf8_lossy(&self.read[..head]).into_owned(),
            body: self.read[head..end].to_vec(),
        };
        self.read.drain(..end);
        answer
    }

    /// Reads an answer; gives where its head and where its body end.
    async fn receive(&mut self) -> (usize, usize) {
        let mut from = 0_usize;
        let head = loop {
            if let Some(at) = find(&self.read[from..], b"\r\n\r\n") {
                break from + at + 4;
            }
            from = self.read.len().saturating_sub(3);
            self.fill().await;
        };
        let end = if status(&self.read) == 304 { head } else { head + length(&self.read[..head]) };
        while self.read.len() < end {
            self.fill().await;
        }
        (head, end)
    }

    async fn fill(&mut self) {
        let read = self.stream.read_buf(&mut self.read).await.unwrap();
        assert!(read > 0, "the connection was closed within an answer");
    }
}

fn micros(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX)
}

fn status(answer: &[u8]) -> u16 {
    answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or_default()
}

/// The length of the body, as the head says.
fn length(head: &[u8]) -> usize {
    let said = head.split(|byte| *byte == b'\n').find_map(|line| {
        let name = line.get(..15)?;
        name.eq_ignore_ascii_case(b"content-length:").then_some(&line[15..])
    });
    said.and_then(|text| std::str::from_utf8(text).ok()?.trim().parse().ok()).unwrap_or_default()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

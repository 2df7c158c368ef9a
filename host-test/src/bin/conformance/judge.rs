//! The judge: what it wrote of each request, and its report.
//!
//! Rule: the judge writes a request down before it answers it, so what was
//! written since the last look belongs to the call just made.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Failure;

/// A judge that listens on loopback.
pub(crate) struct Judge {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    /// JSON lines, a line a request.
    log: PathBuf,
    read: u64,
}

impl Judge {
    /// The judge at `url` that writes `log`.
    pub(crate) fn new(url: &str, log: &Path) -> Self {
        Self { url: url.to_owned(), log: log.to_owned(), read: 0 }
    }

    /// What it wrote since the last time.
    pub(crate) fn written(&mut self) -> Result<Vec<Value>, Failure> {
        if !self.log.exists() {
            return Ok(Vec::new());
        }
        let mut file = File::open(&self.log)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        self.read += u64::try_from(text.len())?;
        Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// Its own report.
    pub(crate) fn report(&self) -> Result<Value, Failure> {
        let address = self.url.strip_prefix("http://").ok_or("the judge's address begins with http://")?;
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET /__judge__/report HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("the judge's report has no body")?;
        Ok(serde_json::from_str(body)?)
    }
}

// SPDX-License-Identifier: Apache-2.0

//! Times `std::net::IpAddr::from_str` on a file of texts, one a line.
//!
//! Each round prints `nanoseconds-per-text checksum failures`. The checksum is the sum of all bytes of all addresses
//! read, so that peers which read the same file alike print the same one.

use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::net::IpAddr;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;
use std::{env, fs};

const USAGE: &str = "usage: parse FILE ROUNDS | parse FILE --serve";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, mode] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let rounds = match mode.as_str() {
        "--serve" => None,
        text => match text.parse::<u32>() {
            Ok(rounds) if rounds > 0 => Some(rounds),
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        },
    };
    match run(file, rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parse: {file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: &str, rounds: Option<u32>) -> Result<(), Box<dyn Error>> {
    let content = fs::read_to_string(file)?;
    let texts = lines(&content);
    if texts.is_empty() {
        return Err("holds no text".into());
    }
    let mut out = io::stdout().lock();
    match rounds {
        Some(rounds) => {
            for _ in 0..rounds {
                Round::over(&texts).print(&mut out)?;
            }
        }
        None => {
            for request in io::stdin().lock().lines() {
                request?;
                Round::over(&texts).print(&mut out)?;
            }
        }
    }
    Ok(())
}

/// Splits at line feeds alone, since `str::lines` would also drop a carriage return and the other peers keep it.
fn lines(content: &str) -> Vec<&str> {
    if content.is_empty() {
        return Vec::new();
    }
    content
        .strip_suffix('\n')
        .unwrap_or(content)
        .split('\n')
        .collect()
}

struct Round {
    nanoseconds_per_text: f64,
    checksum: u64,
    failures: u64,
}

impl Round {
    fn over(texts: &[&str]) -> Round {
        let mut checksum: u64 = 0;
        let mut failures: u64 = 0;
        let start = Instant::now();
        for &text in black_box(texts) {
            match IpAddr::from_str(text) {
                Ok(address) => checksum = checksum.wrapping_add(byte_sum(address)),
                Err(_) => failures += 1,
            }
        }
        let (checksum, failures) = black_box((checksum, failures));
        let spent = start.elapsed();
        Round {
            nanoseconds_per_text: spent.as_nanos() as f64 / texts.len() as f64,
            checksum,
            failures,
        }
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{:.2} {} {}",
            self.nanoseconds_per_text, self.checksum, self.failures
        )?;
        out.flush()
    }
}

// Added pairwise within words, the same way in every peer: Go has no vectors, and a loop over the bytes would time that.
fn byte_sum(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => word_sum(u64::from(u32::from_be_bytes(address.octets()))),
        IpAddr::V6(address) => {
            let bits = u128::from_be_bytes(address.octets());
            word_sum((bits >> 64) as u64) + word_sum(bits as u64)
        }
    }
}

fn word_sum(word: u64) -> u64 {
    let even_bytes = 0x00ff_00ff_00ff_00ff;
    let pairs = (word & even_bytes) + (word >> 8 & even_bytes);
    pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48
}

//! What a command prints: text for people, JSON for programs.

use std::io::Write;
use std::process::ExitCode;

use ferrohsm_client::Error;
use serde_json::{Value, json};

/// The result of a command in both forms.
pub struct Output {
    pub data: Value,
    pub text: String,
}

impl Output {
    /// A list of names and values.
    pub fn fields(fields: &[(&str, Value)]) -> Output {
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let text = fields
            .iter()
            .map(|(name, value)| format!("{name:width$}  {}\n", plain(value)))
            .collect();
        let data = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        Output {
            data: Value::Object(data),
            text,
        }
    }

    /// A sentence.
    pub fn done(text: &str, data: Value) -> Output {
        Output {
            data,
            text: format!("{text}\n"),
        }
    }

    pub fn print(&self, json: bool) -> ExitCode {
        let mut out = std::io::stdout().lock();
        let printed = if json {
            writeln!(out, "{:#}", json!({ "error_code": 0, "data": self.data }))
        } else {
            out.write_all(self.text.as_bytes())
        };
        match printed.and_then(|()| out.flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE, // standard output was closed; there is nobody to tell
        }
    }
}

/// Prints an error: to standard error for people, to standard output for programs.
pub fn print_error(error: &Error, json: bool) {
    if json {
        let data = json!({ "status": error.status.row().name, "message": error.message });
        println!(
            "{:#}",
            json!({ "error_code": error.status.code(), "data": data })
        );
    } else {
        eprintln!("ferrohsm: {}: {}", error.status, error.message);
    }
}

/// A table with a header line; nothing for an empty one.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(header.to_vec());
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A time as RFC 3339 in UTC, to the second; days from the civil calendar as in RFC 3339 appendix B's terms.
pub fn time(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (mut year, mut day) = (1970, days);
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if day < length {
            break;
        }
        day -= length;
        year += 1;
    }
    let lengths = [
        31,
        if is_leap(year) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    format!(
        "{year:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        month + 1,
        day + 1,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(time(1_798_761_599_999), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn tables_line_up() {
        let rows = vec![
            vec!["a".to_owned(), "x".to_owned()],
            vec!["long".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["N", "VALUE"], &rows),
            "N     VALUE\na     x\nlong\n"
        );
    }
}

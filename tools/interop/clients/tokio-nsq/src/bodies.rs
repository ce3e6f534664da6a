use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The body with this number: see src/bodies.ts of the driver.
pub fn body_of(index: u64, size: u64) -> Vec<u8> {
    let mut body = format!("{index}:").into_bytes();
    let mut value = index as u8;
    for _ in 0..index * 7919 % (size + 1) {
        body.push(value);
        value = value.wrapping_add(31);
    }
    body
}

/// Adds up the bodies that came, in any order.
#[derive(Default)]
pub struct Tally {
    prints: HashSet<u64>,
    sum: u64,
    deliveries: u64,
    attempts: u16,
    finished: u64,
}

impl Tally {
    pub fn add(&mut self, body: &[u8], attempts: u16) {
        let hash = Sha256::digest(body);
        let print = u64::from_be_bytes(hash[..8].try_into().unwrap());
        self.deliveries += 1;
        self.attempts = self.attempts.max(attempts);
        if self.prints.insert(print) {
            self.sum = self.sum.wrapping_add(print);
        }
    }

    /// Counts a message as answered with FIN and says whether all of these bodies are.
    pub fn finish(&mut self, count: u64) -> bool {
        self.finished += 1;
        self.finished >= count && self.prints.len() as u64 == count
    }

    pub fn result(&self) -> serde_json::Value {
        serde_json::json!({
            "received": self.prints.len(),
            "deliveries": self.deliveries,
            "digest": format!("{:016x}", self.sum),
            "maxAttempts": self.attempts,
        })
    }
}

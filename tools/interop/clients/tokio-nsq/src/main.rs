//! Does with tokio-nsq what the first argument says; the second has the parameters as JSON.
//! Prints one line of JSON, and ends when standard input does.

mod bodies;

use bodies::{body_of, Tally};
use serde_json::{json, Value};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{io::AsyncReadExt, sync::mpsc, time};
use tokio_nsq::*;

const RETRY: Duration = Duration::from_millis(200);
const ANSWER: Duration = Duration::from_secs(2);

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Parameters(Value);

impl Parameters {
    fn text(&self, key: &str) -> Option<&str> {
        self.0[key].as_str()
    }

    fn number(&self, key: &str) -> u64 {
        self.0[key].as_u64().unwrap_or(0)
    }

    fn duration(&self, key: &str) -> Duration {
        Duration::from_millis(self.number(key))
    }

    fn topic(&self) -> Arc<NSQTopic> {
        NSQTopic::new(self.text("topic").unwrap_or("")).expect("a topic")
    }

    fn shared(&self) -> Result<NSQConfigShared, Failure> {
        let mut shared = NSQConfigShared::new().set_flush_interval(Duration::from_millis(5));
        if let Some(path) = self.text("tlsCa") {
            let mut config = rustls::ClientConfig::new();
            let mut pem = std::io::BufReader::new(std::fs::File::open(path)?);
            config.root_store.add_pem_file(&mut pem).map_err(|()| "no authority in the file")?;
            shared = shared.set_tls(NSQConfigSharedTLS::new("localhost").set_client_config(Arc::new(config)));
        }
        match self.text("compression") {
            Some("deflate") => {
                let level = NSQDeflateLevel::new(6).expect("a level");
                shared = shared.set_compression(NSQConfigSharedCompression::Deflate(level));
            }
            Some(_) => shared = shared.set_compression(NSQConfigSharedCompression::Snappy),
            None => {}
        }
        if let Some(secret) = self.text("secret") {
            shared = shared.set_credentials(secret.as_bytes().to_vec());
        }
        Ok(shared)
    }
}

fn say(result: &Value) {
    println!("{result}");
}

fn fail(error: &str) -> ! {
    say(&json!({ "error": error }));
    std::process::exit(1);
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, action, text] = arguments.as_slice() else { fail("usage: ACTION PARAMETERS") };
    let parameters = match serde_json::from_str(text) {
        Ok(value) => Parameters(value),
        Err(error) => fail(&error.to_string()),
    };
    let deadline = parameters.duration("deadlineMs");
    let work = async {
        match action.as_str() {
            "publish" | "mpub" | "defer" | "persist" => produce(action, &parameters).await,
            _ => consume(action, &parameters).await,
        }
    };
    match time::timeout(deadline, work).await {
        Err(_) => fail("out of time"),
        Ok(Err(error)) => fail(&error.to_string()),
        Ok(Ok(())) => {}
    }
}

/// The connections stay until they have been looked at.
async fn stay() {
    let mut rest = Vec::new();
    let _ = tokio::io::stdin().read_to_end(&mut rest).await;
    std::process::exit(0);
}

/// Waits for the answer to one publish, or for the connection.
async fn answered(producer: &mut NSQProducer) -> Result<(), Failure> {
    match producer.consume().await {
        Some(NSQEvent::Ok()) => Ok(()),
        Some(event) => Err(format!("{event:?}").into()),
        None => Err("the connection is gone".into()),
    }
}

async fn produce(action: &str, p: &Parameters) -> Result<(), Failure> {
    let config = NSQProducerConfig::new(p.text("nsqd").unwrap_or("")).set_shared(p.shared()?);
    let mut producer = config.build();
    if !matches!(producer.consume().await, Some(NSQEvent::Healthy())) {
        return Err("no connection".into());
    }
    let (topic, size, batch) = (p.topic(), p.number("size"), p.number("batch"));
    let mut index = p.number("first");
    let end = index + p.number("count");
    while index < end {
        match action {
            "publish" => producer.publish(&topic, body_of(index, size)).await?,
            "defer" => {
                let delay = p.number("delayMs") as u32;
                producer.publish_deferred(&topic, body_of(index, size), delay).await?;
            }
            "mpub" => {
                let last = end.min(index + batch);
                let bodies = (index..last).map(|number| body_of(number, size)).collect();
                producer.publish_multiple(&topic, bodies).await?;
                answered(&mut producer).await?;
                index = last;
                continue;
            }
            _ => {
                let sent = producer.publish(&topic, body_of(index, size)).await.is_ok();
                if !sent || !matches!(time::timeout(ANSWER, answered(&mut producer)).await, Ok(Ok(()))) {
                    time::sleep(RETRY).await;
                    continue;
                }
                time::sleep(p.duration("pauseMs")).await;
                index += 1;
                continue;
            }
        }
        answered(&mut producer).await?;
        index += 1;
    }
    say(&json!({ "published": p.number("count") }));
    stay().await;
    Ok(())
}

fn sources(p: &Parameters) -> NSQConsumerConfigSources {
    if let Some(nsqd) = p.text("nsqd") {
        return NSQConsumerConfigSources::Daemons(vec![nsqd.to_string()]);
    }
    let lookupds = p.0["lookupds"].as_array().into_iter().flatten();
    let addresses: HashSet<String> = lookupds.filter_map(|address| address.as_str()).map(|address| format!("http://{address}")).collect();
    let config = NSQConsumerLookupConfig::new().set_addresses(addresses).set_poll_interval(Duration::from_secs(1));
    NSQConsumerConfigSources::Lookup(config)
}

async fn consume(action: &str, p: &Parameters) -> Result<(), Failure> {
    let channel = NSQChannel::new(p.text("channel").unwrap_or("")).ok_or("no channel")?;
    let mut consumer = NSQConsumerConfig::new(p.topic(), channel)
        .set_max_in_flight(p.number("maxInFlight") as u32)
        .set_sources(sources(p))
        .set_shared(p.shared()?)
        .build();
    let (hold, touch, count) = (p.duration("holdMs"), p.duration("touchMs"), p.number("count"));
    let (held_tx, mut held_rx) = mpsc::channel(1000);
    let mut tally = Tally::default();
    let mut ignored = Vec::new();
    loop {
        let message = tokio::select! {
            message = consumer.consume_filtered() => message.ok_or("the messages ended")?,
            Some(message) = held_rx.recv() => {
                let message: NSQMessage = message;
                message.finish().await;
                if tally.finish(count) {
                    break;
                }
                continue;
            }
        };
        tally.add(&message.body, message.attempt);
        match action {
            "requeue" if message.attempt == 1 => message.requeue(NSQRequeueDelay::CustomDelay(p.duration("delayMs"))).await,
            "timeout" if message.attempt == 1 => ignored.push(message),
            "touch" => {
                let held = held_tx.clone();
                tokio::spawn(async move {
                    let end = time::Instant::now() + hold;
                    while time::Instant::now() < end {
                        time::sleep(touch).await;
                        message.touch().await;
                    }
                    let _ = held.send(message).await;
                });
            }
            _ => {
                message.finish().await;
                if tally.finish(count) {
                    break;
                }
            }
        }
    }
    say(&tally.result());
    stay().await;
    Ok(())
}

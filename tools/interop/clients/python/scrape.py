"""Scrapes /metrics of the daemons and parses the pages with prometheus_client's parser."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from common import arguments, fail, say

ACCEPT = "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
SECONDS = 10


def page(address, p):
    request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": ACCEPT})
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    depth = -1
    untyped = [f"{family.name}: no type" for family in families if family.type in ("unknown", "untyped")]
    for family in families:
        for sample in family.samples:
            wanted = {"topic": p["topic"], "channel": p["channel"]}
            if sample.name == "nsq_channel_depth" and sample.labels.items() >= wanted.items():
                depth = sample.value
    return {"families": len(families), "problems": untyped, "depth": depth}


_, parameters = arguments()
try:
    say({"pages": [page(address, parameters) for address in parameters["nsqds"] + parameters["lookupds"]]})
except Exception as error:  # whatever is thrown is the result
    fail(error)

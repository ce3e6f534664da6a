#!/usr/bin/env node
import { nsqToNsq } from '../tools/nsq-to-nsq/nsq-to-nsq.js';
import { runTool } from '../tools/tool.js';

process.exitCode = await runTool(nsqToNsq, process.argv.slice(2));

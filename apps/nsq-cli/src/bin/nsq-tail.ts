#!/usr/bin/env node
import { nsqTail } from '../tools/nsq-tail/nsq-tail.js';
import { runTool } from '../tools/tool.js';

process.exitCode = await runTool(nsqTail, process.argv.slice(2));

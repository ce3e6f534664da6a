#!/usr/bin/env node
import { nsqStat } from '../tools/nsq-stat/nsq-stat.js';
import { runTool } from '../tools/tool.js';

process.exitCode = await runTool(nsqStat, process.argv.slice(2));

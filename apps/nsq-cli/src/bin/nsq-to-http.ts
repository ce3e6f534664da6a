#!/usr/bin/env node
import { nsqToHttp } from '../tools/nsq-to-http/nsq-to-http.js';
import { runTool } from '../tools/tool.js';

process.exitCode = await runTool(nsqToHttp, process.argv.slice(2));

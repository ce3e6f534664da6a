#!/usr/bin/env node
import { nsqToFile } from '../tools/nsq-to-file/nsq-to-file.js';
import { runTool } from '../tools/tool.js';

process.exitCode = await runTool(nsqToFile, process.argv.slice(2));

#!/usr/bin/env node
import { toNsq } from '../tools/to-nsq/to-nsq.js';
import { runTool } from '../tools/tool.js';

process.exitCode = await runTool(toNsq, process.argv.slice(2));

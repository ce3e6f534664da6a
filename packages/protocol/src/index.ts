export { CommandReader, MAX_LINE_BYTES } from './command-reader.js';
export { ConnectionState, type CommandLimits, type CommandSink } from './command-sink.js';
export {
  CLS,
  MAGIC_V2,
  NOP,
  encodeAuth,
  encodeDpub,
  encodeFin,
  encodeIdentify,
  encodeMpub,
  encodePub,
  encodeRdy,
  encodeReq,
  encodeSub,
  encodeTouch,
} from './commands.js';
export { ERROR_CODES, ProtocolError, isFatal, type ErrorCode } from './errors.js';
export {
  CLOSE_WAIT_FRAME,
  FRAME_HEADER_BYTES,
  FrameReader,
  FrameType,
  HEARTBEAT_FRAME,
  OK_FRAME,
  encodeFrame,
  isHeartbeat,
  type OnFrame,
} from './frame.js';
export { checkIdentify, decodeIdentify, type IdentifyBounds, type IdentifyRequest, type IdentifyResponse } from './identify.js';
export {
  LOOKUP_PING,
  LookupReplyReader,
  MAGIC_LOOKUP_V1,
  encodeLookupIdentify,
  encodeLookupReply,
  encodeRegister,
  encodeUnregister,
  type LookupPeerInfo,
} from './lookup-v1.js';
export {
  MESSAGE_FRAME_HEADER_BYTES,
  MESSAGE_HEADER_BYTES,
  decodeMessage,
  encodeMessage,
  writeMessageFrameHeader,
  type Message,
} from './message.js';
export {
  MAX_IDS_AT_ONCE,
  MAX_NODE_ID,
  MESSAGE_ID_LENGTH,
  MessageIdSource,
  formatMessageId,
  parseHexWord,
  writeMessageId,
} from './message-id.js';
export { isEphemeral, isValidName } from './names.js';
export { MpubWalker, maxMessageCount } from './mpub-body.js';
export { quote } from './quote.js';

export { MetadataError } from './metadata-error.js';
export type { MetadataErrorCode } from './metadata-error.js';
export { formatMetadata, parseMetadata } from './metadata-json.js';
export type { ChannelState, IsValidName, LoadedMetadata, MetadataState, TopicState } from './metadata-json.js';
export { loadMetadata, metadataFile, persistMetadata } from './metadata-file.js';

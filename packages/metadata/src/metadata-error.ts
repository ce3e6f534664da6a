/** `E_READ`: the file cannot be read. `E_PARSE`: it is not what `persistMetadata` writes. `E_WRITE`: it could not be replaced. */
export type MetadataErrorCode = 'E_READ' | 'E_PARSE' | 'E_WRITE';

const PREFIX: Record<MetadataErrorCode, string> = {
  E_READ: 'failed to read metadata from',
  E_PARSE: 'failed to parse metadata in',
  E_WRITE: 'failed to write metadata to',
};

/** The metadata file cannot be used. The message names the file, `cause` is the error underneath; the file is as it was. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';
  readonly code: MetadataErrorCode;
  readonly file: string;

  constructor(code: MetadataErrorCode, file: string, reason: string, options?: ErrorOptions) {
    super(`${PREFIX[code]} ${file} - ${reason}`, options);
    this.code = code;
    this.file = file;
  }
}

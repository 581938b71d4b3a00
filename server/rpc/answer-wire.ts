import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";

/** Plain data that nobody changes, in the shape of a message. */
export type Plain<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer Entry)[]
    ? readonly Plain<Entry>[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T;

/**
 * The message of an answer of the analyzer: answers have the shapes of their messages, which the types hold. Fields that
 * the message lacks are left out.
 */
export const messageFrom = <Desc extends DescMessage>(
  schema: Desc,
  answer: Plain<MessageInitShape<Desc>>,
): MessageShape<Desc> => create(schema, answer as MessageInitShape<Desc>);

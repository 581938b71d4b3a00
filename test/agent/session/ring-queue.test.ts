import { describe, expect, it } from "vitest";
import { RingQueue } from "../../../agent/session/ring-queue.js";
import { createSeededRandom } from "../../../common/random.js";

describe("RingQueue", () => {
  it("behaves like an array while it grows, wraps around and empties", () => {
    const random = createSeededRandom(7);
    const queue = new RingQueue<number>();
    const array: number[] = [];
    for (let i = 0; i < 5000; i++) {
      const share = i % 1000 < 600 ? 0.6 : 0.3;
      if (random.next() < share) {
        queue.push(i);
        array.push(i);
      } else if (i % 10 === 0) {
        queue.unshift(i);
        array.unshift(i);
      } else {
        expect(queue.shift()).toBe(array.shift());
      }
      expect(queue.length).toBe(array.length);
      expect(queue.at(0)).toBe(array[0]);
      expect(queue.at(array.length - 1)).toBe(array.at(-1));
      expect(queue.at(array.length)).toBeUndefined();
    }
  });
});

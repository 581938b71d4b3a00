import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareFolder, type FolderResult } from "../../../oracle/compare-folder.js";
import { type ExpectedFolder, findExpectations } from "../../../oracle/folders.js";
import { repositoryRoot } from "../../../support/source-files.js";

// Goal: the comparison fails where an answer is wrong. Method: expectations that hold, each falsified in one place.

const layout = join(repositoryRoot, "test/golden/oracle");
let root = "";
let folder: ExpectedFolder;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "causeway-oracle-test-"));
  cpSync(layout, root, { recursive: true });
  const [first] = findExpectations(root)?.folders ?? [];
  assert(first !== undefined, `${layout} has no folder`);
  folder = first;
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Compares with one file of the folder, in which a text that must be there once is replaced. */
const compareAfter = async (name: string, from: string, to: string): Promise<FolderResult> => {
  const file = folder.files.find(({ path }) => path.endsWith(`shop_${name}`));
  assert(file !== undefined, `shop_${name} is not there`);
  const text = readFileSync(file.path, "utf8");
  assert.equal(text.split(from).length, 2, `"${from}" is not once in shop_${name}`);
  const path = join(root, "falsified");
  writeFileSync(path, text.replace(from, to));
  return compareFolder({ ...folder, files: [{ ...file, path }] });
};

const differencesAfter = async (name: string, from: string, to: string) =>
  (await compareAfter(name, from, to)).differences;

describe("compareFolder()", () => {
  it("agrees with expectations of every kind and format, and counts what it compared", async () => {
    expect(await compareFolder(folder)).toEqual({
      name: "shop",
      files: 6,
      passedOver: [],
      texts: 1,
      sameTexts: 1,
      pairs: 6,
      ipCells: 30,
      exposureEntries: 16,
      facts: 51,
      differences: [],
    });
  });

  it("tells lists that are equal as sets from those that are equal byte by byte", async () => {
    const { differences, texts, sameTexts } = await compareAfter(
      "connlist_output.txt",
      "10.2.0.0-10.255.255.255[External] => shop/api[Deployment] : TCP 443\n",
      "10.2.0.0-10.2.255.255[External] => shop/api[Deployment] : TCP 443\n" +
        "10.3.0.0-10.255.255.255[External] => shop/api[Deployment] : TCP 443-443\n",
    );
    expect({ differences, texts, sameTexts }).toEqual({ differences: [], texts: 1, sameTexts: 0 });
  });

  it("reports what can't be read as a difference", async () => {
    expect(await differencesAfter("connlist_output.txt", "TCP 8080", "8080")).toEqual([
      'can\'t be compared: no protocol before "8080" in "8080"',
    ]);
  });

  it("passes over, by name, a file that is restricted to a workload that the folder lacks", async () => {
    const [file] = folder.files;
    assert(file !== undefined, "no file");
    const focus = { words: ["ingress-controller"], peers: [], direction: undefined };
    const result = await compareFolder({ ...folder, files: [{ ...file, focus }] });
    expect(result).toMatchObject({
      files: 0,
      passedOver: ["shop_connlist_output.txt"],
      differences: [],
    });
  });
});

describe("compareFolder() differs in lists", () => {
  const list = "connlist_output.txt";
  const pair = "shop/web[Deployment] => shop/api[Deployment]";

  it("by a changed port", async () => {
    expect(await differencesAfter(list, `${pair} : TCP 8080`, `${pair} : TCP 8081`)).toEqual([
      `connlist.txt: ${pair}: expected TCP 8081, got TCP 8080`,
    ]);
  });

  it("by a changed protocol", async () => {
    expect(await differencesAfter(list, `${pair} : TCP 8080`, `${pair} : UDP 8080`)).toEqual([
      `connlist.txt: ${pair}: expected UDP 8080, got TCP 8080`,
    ]);
  });

  it("by a line that is missing", async () => {
    expect(await differencesAfter(list, `${pair} : TCP 8080\n`, "")).toEqual([
      `connlist.txt: ${pair}: expected No Connections, got TCP 8080`,
    ]);
  });

  it("by a line that we do not have", async () => {
    const more = "shop/db[Deployment] => shop/api[Deployment] : TCP 8080";
    expect(await differencesAfter(list, `${pair} :`, `${more}\n${pair} :`)).toEqual([
      "connlist.txt: shop/db[Deployment] => shop/api[Deployment]: expected TCP 8080, got No Connections",
    ]);
  });

  it("by a workload that the model does not have", async () => {
    const differences = await differencesAfter(
      list,
      `${pair} :`,
      `${pair.replace("api", "cart")} :`,
    );
    expect(differences).toContain(
      "connlist.txt: shop/cart[Deployment]: expected, but not a workload of the model",
    );
  });

  it("by an address more", async () => {
    const from = "10.2.0.0-10.255.255.255[External] => shop/api";
    expect(await differencesAfter(list, from, from.replace("10.2.0.0", "10.1.255.255"))).toEqual([
      "connlist.txt: ingress of shop/api[Deployment], 10.1.255.255-10.1.255.255: expected TCP 443, got No Connections",
    ]);
  });

  it("by other connections of a range", async () => {
    const from = "shop/db[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections";
    expect(
      await differencesAfter(list, from, from.replace("All Connections", "TCP 1-65535")),
    ).toEqual([
      "connlist.txt: egress of shop/db[Deployment], 0.0.0.0-255.255.255.255: expected TCP 1-65535, got All Connections",
    ]);
  });

  it("by one that is stated twice", async () => {
    const line = `${pair} : TCP 8080\n`;
    expect(await differencesAfter(list, line, line.repeat(2))).toEqual([
      `can't be compared: listed twice: ${pair}`,
    ]);
  });

  it.each(["json", "csv"])("in %s too", async (format) => {
    const from = format === "json" ? '"conn": "TCP 8080"' : ",TCP 8080";
    expect(
      await differencesAfter(`exposure_output.${format}`, from, from.replace("8080", "80")),
    ).toEqual([`exposure.${format}: ${pair}: expected TCP 80, got TCP 8080`]);
  });

  it("by a connection outside of the restriction", async () => {
    const line = `${pair} : TCP 8080\n`;
    const more = "shop/api[Deployment] => shop/web[Deployment] : All Connections\n";
    expect(
      await differencesAfter("focus_workload_api_ingress_exposure_output.txt", line, line + more),
    ).toEqual([
      "exposure.txt api ingress: shop/api[Deployment] => shop/web[Deployment]: expected All Connections, got No Connections",
    ]);
  });
});

describe("compareFolder() differs in exposures", () => {
  const text = "exposure_output.txt";
  const peer = "[pod with {{Key:app,Operator:In,Values:[probe scan],}}]";
  const key = "ingress of shop/api[Deployment], namespaces {team=ops} pods {app in (probe,scan)}";

  it("by a wrong entry", async () => {
    expect(await differencesAfter(text, "UDP 9000-9010", "UDP 9000-9011")).toEqual([
      `exposure.txt: ${key}: expected UDP 9000-9011, got UDP 9000-9010`,
    ]);
  });

  it("by an entry that is missing", async () => {
    const entry = `shop/api[Deployment] \t<= \t[namespace with {team=ops}]/${peer} : UDP 9000-9010\n`;
    expect(await differencesAfter(text, entry, "")).toEqual([
      `exposure.txt: ${key}: expected nothing, got UDP 9000-9010`,
    ]);
  });

  it("by another selector", async () => {
    expect(await differencesAfter(text, "Operator:In,", "Operator:NotIn,")).toHaveLength(2);
  });

  it("by another direction of the whole cluster", async () => {
    const entry = "shop/web[Deployment] \t<= \tentire-cluster : All Connections\n";
    expect(await differencesAfter(text, entry, "")).toEqual([
      "exposure.txt: ingress of shop/web[Deployment], entire-cluster: expected nothing, got All Connections",
    ]);
  });

  it("by an exposed range", async () => {
    const entry = "shop/api[Deployment] \t<= \t10.2.0.0-10.255.255.255[External] : TCP 443";
    expect(await differencesAfter(text, entry, entry.replace("443", "444"))).toEqual([
      "exposure.txt: exposed ingress of shop/api[Deployment], 10.2.0.0-10.255.255.255: expected TCP 444, got TCP 443",
    ]);
  });

  it("by a workload that is or is not protected", async () => {
    const line = "shop/db[Deployment] is not protected on Egress";
    expect(await differencesAfter(text, line, line.replace("Egress", "Ingress"))).toEqual([
      "exposure.txt: shop/db[Deployment] Ingress: expected unprotected",
      "exposure.txt: shop/db[Deployment] Egress: not expected unprotected",
    ]);
  });
});

describe("compareFolder() differs in explanations", () => {
  const text = "explain_output.txt";
  const pair = "shop/web[Deployment] => shop/api[Deployment]";
  const allowed = "'shop/api-in' allows connections by Ingress rule #2";

  it("by the number of a rule", async () => {
    expect(await differencesAfter(text, allowed, allowed.replace("#2", "#3"))).toEqual([
      `explain.txt: ${pair}: expected reason "ingress NetworkPolicy shop/api-in rule 3 allows"`,
      `explain.txt: ${pair}: got reason "ingress NetworkPolicy shop/api-in rule 2 allows"`,
    ]);
  });

  it("by the name of a policy", async () => {
    expect(await differencesAfter(text, allowed, allowed.replace("api-in", "db-in"))).toHaveLength(
      2,
    );
  });

  it("by the kind of a reason", async () => {
    const from =
      "Ingress rule #2 selects shop/web[Deployment], but the protocols and ports do not match";
    const to = from.replace("the protocols and ports do not match", "named ports have no match");
    expect(await differencesAfter(text, from, to)).toEqual([
      `explain.txt: ${pair}: expected reason "ingress NetworkPolicy shop/api-in rule 2 names"`,
      `explain.txt: ${pair}: got reason "ingress NetworkPolicy shop/api-in rule 2 ports"`,
    ]);
  });

  it("by what is allowed", async () => {
    expect(await differencesAfter(text, "Allowed TCP:[8080]", "Allowed TCP:[8081]")).toEqual([
      `explain.txt: ${pair}: explained TCP 8081, got TCP 8080`,
    ]);
  });

  it("by a pair that is not explained", async () => {
    expect(
      await differencesAfter(text, "\nshop/api[Deployment] => shop/web[Deployment]\n", "\n"),
    ).toEqual(["explain.txt: shop/api[Deployment] => shop/web[Deployment]: not explained"]);
  });

  it("by addresses that are not explained", async () => {
    expect(
      await differencesAfter(
        text,
        "\n0.0.0.0-255.255.255.255[External] => shop/web[Deployment]\n",
        "\n",
      ),
    ).toEqual(["explain.txt: any address => shop/web[Deployment]: not explained"]);
  });
});

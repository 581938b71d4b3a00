import { type ClusterModel, isFinished } from "../model/cluster-model.js";
import { type IpFamily, parseIp } from "../sets/ip.js";

/** The address families that living pods show; IPv4 when none does. */
export const podFamiliesOf = (model: ClusterModel): readonly IpFamily[] => {
  const families = new Set<IpFamily>();
  for (const pod of model.pods) {
    if (isFinished(pod)) continue;
    for (const ip of pod.ips) {
      const address = parseIp(ip);
      if (address !== undefined) families.add(address.family);
    }
  }
  return families.size === 0 ? [4] : [...families].sort();
};

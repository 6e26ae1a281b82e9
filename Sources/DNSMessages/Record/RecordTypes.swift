// SPDX-License-Identifier: Apache-2.0

/// The types of records that are decoded; any other one is an `UnknownRecord`.
@available(FairDial 0.1, *)
enum RecordTypes {
    static let known: [RecordType: any RecordData.Type] = {
        let all: [any RecordData.Type] = [
            ARecord.self, AAAARecord.self, CAARecord.self, CNAMERecord.self, DNAMERecord.self, HTTPSRecord.self,
            MXRecord.self, NAPTRRecord.self, NSRecord.self, OPTRecord.self, PTRRecord.self, SOARecord.self,
            SRVRecord.self, SVCBRecord.self, TXTRecord.self,
        ]
        return all.reduce(into: [:]) { known, data in
            if let type = data.type { known[type] = data }
        }
    }()
}

public import Gateway

/// How the store is, as metrics.
public enum StoreMetrics {
    /// Writes them.
    public static func write(_ status: StoreStatus, into text: inout PrometheusText) {
        text.single(
            "best_store_durable", .gauge, "1 while what is taken is also kept, 0 while the gateway serves from memory.",
            status.state == .durable ? 1 : 0)
        text.begin("best_store_trouble", .gauge, "1 for what is wrong with the store.")
        for trouble in StoreStatus.Trouble.allCases {
            text.sample("best_store_trouble", [("trouble", trouble.rawValue)], status.trouble == trouble ? 1 : 0)
        }
        text.single("best_store_waiting_records", .gauge, "Usage records taken and not yet kept.", Double(status.waitingRecords))
        text.single("best_store_written_records_total", .counter, "Usage records kept.", Double(status.writtenRecords))
        text.single("best_store_dropped_records_total", .counter, "Usage records that had to be dropped.", Double(status.droppedRecords))
        text.single("best_store_recoveries_total", .counter, "How often the store came back from a trouble.", Double(status.recoveries))
    }
}

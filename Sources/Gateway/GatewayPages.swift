/// The pages about a gateway. Called on the loop.
public protocol GatewayPages: AnyObject {
    /// Begins a page.
    ///
    /// - Parameter reports: What it may tell of; nothing for a page that tells nothing of deployments.
    func begin(_ page: Page, of gateway: Gateway, _ reports: DeploymentReports) -> any PageText
}

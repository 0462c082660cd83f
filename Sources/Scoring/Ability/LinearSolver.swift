/// Solves the small dense systems of the fit.
enum LinearSolver {
    /// The solution of `matrix · x = right` for a symmetric positive definite matrix, by Cholesky
    /// decomposition; rows of zeros give 0.
    static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        let size = right.count
        var lower = matrix
        for row in 0..<size {
            for column in 0...row {
                var sum = matrix[row][column]
                for inner in 0..<column { sum -= lower[row][inner] * lower[column][inner] }
                if row == column {
                    lower[row][row] = sum > 1e-12 ? sum.squareRoot() : .infinity
                } else {
                    lower[row][column] = sum / lower[column][column]
                }
            }
        }
        var middle = right
        for row in 0..<size {
            for inner in 0..<row { middle[row] -= lower[row][inner] * middle[inner] }
            middle[row] /= lower[row][row]
        }
        for row in stride(from: size - 1, through: 0, by: -1) {
            for inner in row + 1..<max(size, row + 1) { middle[row] -= lower[inner][row] * middle[inner] }
            middle[row] /= lower[row][row]
        }
        return middle
    }
}

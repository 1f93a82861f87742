using System.Linq.Expressions;

namespace CredentialProxy.Admin.Listing;

/// <summary>Looks for a text in columns, in whatever case.</summary>
internal static class Searching
{
    /// <summary>The rows that have the text in one of the columns.</summary>
    public static IQueryable<T> Search<T>(this IQueryable<T> rows, string text, params Expression<Func<T, string>>[] columns)
    {
        var row = Expression.Parameter(typeof(T));
        var lower = text.ToLowerInvariant();
        // Taken from the closure, so that it goes to the database as a parameter.
        Expression<Func<string>> wanted = () => lower;
#pragma warning disable CA1304, CA1311, CA1862 // Done by the database, whose lower() knows no culture.
        Expression<Func<string, string, bool>> contains = (column, part) => column.ToLower().Contains(part);
#pragma warning restore CA1304, CA1311, CA1862
        var any = columns.Select(column => Of(contains, Of(column, row), wanted.Body)).Aggregate(Expression.OrElse);
        return rows.Where(Expression.Lambda<Func<T, bool>>(any, row));
    }

    // The body of a lambda with these in place of its parameters.
    private static Expression Of(LambdaExpression lambda, params Expression[] arguments) => new Replacing(lambda.Parameters, arguments).Visit(lambda.Body);

    private sealed class Replacing(IReadOnlyList<ParameterExpression> parameters, Expression[] arguments) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node)
        {
            for (var i = 0; i < arguments.Length; i++)
            {
                if (parameters[i] == node)
                {
                    return arguments[i];
                }
            }
            return node;
        }
    }
}

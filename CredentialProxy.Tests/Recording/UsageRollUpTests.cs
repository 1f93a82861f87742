using CredentialProxy.Admin.Recording;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Recording;

/// <summary>A question is answered out of the fewest sums that know what it asks.</summary>
public sealed class UsageRollUpTests
{
    [Fact]
    public void What_asks_for_no_token_is_answered_without_tokens_and_what_asks_for_no_project_without_projects()
    {
        var models = new UsageQuery { CredentialId = "c", Provider = "a", Model = "m" };
        foreach (var grouping in new[] { UsageGrouping.None, UsageGrouping.Hour, UsageGrouping.Day, UsageGrouping.Model, UsageGrouping.Provider, UsageGrouping.Credential })
        {
            Assert.Same(UsageRollUp.Models, UsageRollUp.For(new UsageQuery { GroupBy = grouping }));
            Assert.Same(UsageRollUp.Models, UsageRollUp.For(models with { GroupBy = grouping }));
            Assert.Same(UsageRollUp.Projects, UsageRollUp.For(models with { GroupBy = grouping, ProjectId = "p" }));
            Assert.Same(UsageRollUp.Finest, UsageRollUp.For(models with { GroupBy = grouping, TokenId = "t" }));
        }
        Assert.Same(UsageRollUp.Projects, UsageRollUp.For(models with { GroupBy = UsageGrouping.Project }));
        Assert.Same(UsageRollUp.Finest, UsageRollUp.For(models with { GroupBy = UsageGrouping.Token }));
        foreach (var grouping in new[] { UsageGrouping.Token, UsageGrouping.Hour, UsageGrouping.Project })
        {
            Assert.Same(UsageRollUp.Tokens, UsageRollUp.For(new UsageQuery { GroupBy = grouping, TokenId = "t", ProjectId = "p" }));
        }
        Assert.Same(UsageRollUp.Tokens, UsageRollUp.For(new UsageQuery { GroupBy = UsageGrouping.Token }));
    }
}

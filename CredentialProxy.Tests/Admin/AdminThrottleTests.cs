using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>An address from which admin keys are guessed.</summary>
public sealed class AdminThrottleTests(Product product) : IClassFixture<Product>
{
    // One more than an address may fail within a minute.
    private const int Guesses = 31;

    [Fact]
    public async Task Whoever_shares_it_with_a_guesser_is_not_locked_out_and_the_guesser_waits()
    {
        using var admin = ControlCalls.AdminOf(product);
        var made = await admin.CreateAsync("/api/admin-keys", new { role = "viewer", label = "used" });
        using var used = new ControlCalls(product.Control, (string)made["key"]!);
        using var unused = await admin.WithRoleAsync("viewer");
        await used.GetAsync("/api/tokens");
        var statuses = new List<HttpStatusCode>();
        for (var guess = 0; guess < Guesses; guess++)
        {
            using var guesser = new ControlCalls(product.Control, $"cpadm_guess{guess}");
            statuses.Add((await guesser.SendAsync("GET", "/api/tokens")).Status);
        }
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests), (statuses[0], statuses[^1]));

        await admin.GetAsync("/api/tokens");
        await used.GetAsync("/api/tokens");
        // It could be a guess.
        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_failures"), await AnswerAsync(unused));
        // What has proved itself once does so no more when it has ended, and waits then as others do.
        await admin.SendAsync("DELETE", $"/api/admin-keys/{made["id"]}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await AnswerAsync(used)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await AnswerAsync(used)).Status);
        await admin.GetAsync("/api/tokens");
    }

    private static async Task<(HttpStatusCode Status, string? Code)> AnswerAsync(ControlCalls caller)
    {
        var answer = await caller.SendAsync("GET", "/api/tokens");
        return (answer.Status, answer.Code);
    }
}
